"""The one exception tree. A class says what the caller can do about it.

PostureError                 everything raised on purpose; carries a remedy
├── TryAgain                 the world may mend itself: wait, then repeat
│   ├── CameraFault          no picture that could be measured; may be opened again
│   │   ├── CameraStalled    no frame, or no new picture, within the stated time
│   │   └── CameraLost       the device went away or could not be opened
│   ├── BrokerUnreachable    no connection to the broker
│   ├── StationUnreachable   a station that does not answer a command
│   ├── StoreFailed          the collector's file or server cannot be written now
│   └── UpdateDelayed        models cannot be updated now: clock, disk, network
├── CameraHung               only the end of this process lets go of the camera: leave, start anew
├── Distrust                 the input is damaged or lies: drop it, never use it
│   ├── ImageUnreadable      a picture or video that cannot be decoded
│   ├── ModelRefused         a model file that must not serve
│   ├── MessageRefused       a message outside the contract
│   └── UpdateRefused        what a model repository sent must not be trusted
└── AskPerson                only a person can mend it: stop and say what to do
    ├── SettingsInvalid      a settings file or option that makes no sense
    ├── IdentityRefused      a station without an identity, or with another board's
    ├── SourceInvalid        a camera source that cannot exist (unknown scheme, empty folder)
    ├── CommandRefused       a command that a station, or the person who was asked, said no to
    ├── BrokerRefused        the broker said no (password, certificate, permission)
    ├── OutboxFull           the stated limit of undelivered results is reached
    ├── OutboxUnusable       the outbox file is damaged, not writable, or another station's
    ├── StoreUnusable        the collector's store is damaged, not writable, or of a newer version
    ├── RepositoryUnready    a model repository or key that lacks something
    ├── MovementUnusable     a filmed movement or a score sheet that cannot be scored
    ├── CalibrationInvalid   pictures or marks that no calibration can be made of
    ├── LabelsInvalid        a file of labels, results or ratings that cannot be compared
    └── PartMissing          a program or package that this machine lacks
"""

from __future__ import annotations

import re


class PostureError(Exception):
    """Base of the tree.

    Parameters
    ----------
    problem : what happened, one sentence, with the name of the thing it happened to.
    remedy : what the reader can do about it, one sentence; empty where nothing can be done.
    """

    def __init__(self, problem: str, remedy: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.problem} {self.remedy}".rstrip()

    @property
    def code(self) -> str:
        """What machines call this kind of error: its class's name, as `image_unreadable`."""
        return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(self).__name__).lower()


class TryAgain(PostureError):
    """Transient: waiting and repeating may help."""


class CameraFault(TryAgain):
    """A camera that shows nothing; `reason` is a code for machines."""

    reason = "lost"

    def __init__(self, problem: str, remedy: str = "", *, reason: str = "") -> None:
        super().__init__(problem, remedy)
        self.reason = reason or type(self).reason


class CameraStalled(CameraFault):
    """The camera delivered no new picture within the stated time."""

    reason = "stalled"


class CameraLost(CameraFault):
    """The camera could not be opened or went away."""


class BrokerUnreachable(TryAgain):
    """No connection to the MQTT broker."""


class StationUnreachable(TryAgain):
    """A station does not answer a command."""


class UpdateDelayed(TryAgain):
    """Models cannot be updated now; `reason` is a code for machines."""

    def __init__(self, reason: str, problem: str, remedy: str = "") -> None:
        super().__init__(problem, remedy)
        self.reason = reason


class StoreFailed(TryAgain):
    """The collector's store does not take anything now; what was under way is not in it."""


class CameraHung(PostureError):
    """A call into the camera's driver does not return: only the process's end lets go of it."""


class Distrust(PostureError):
    """The input is damaged or wrong: it is dropped."""


class ImageUnreadable(Distrust):
    """A picture or video that cannot be decoded."""


class ModelRefused(Distrust):
    """A model file that must not serve."""


class MessageRefused(Distrust):
    """A message that breaks the wire contract."""


class UpdateRefused(Distrust):
    """Metadata or a file of a model repository that is not trusted; `reason` is a code."""

    def __init__(self, reason: str, problem: str, remedy: str = "") -> None:
        super().__init__(problem, remedy)
        self.reason = reason


class AskPerson(PostureError):
    """Only a person can mend this."""


class SettingsInvalid(AskPerson):
    """Settings that make no sense."""


class IdentityRefused(AskPerson):
    """A station that has no identity, or that of another board."""


class SourceInvalid(AskPerson):
    """A camera source that cannot exist."""


class CommandRefused(AskPerson):
    """A station does not carry out a command, or a person who was asked first said no."""


class BrokerRefused(AskPerson):
    """The broker refused the connection or a subscription."""


class OutboxFull(AskPerson):
    """The stated limit of undelivered results is reached."""


class RepositoryUnready(AskPerson):
    """A model repository, or a key of it, lacks something that a person must supply."""


class CalibrationInvalid(AskPerson):
    """Pictures or marks that no calibration can be made of."""


class LabelsInvalid(AskPerson):
    """A file of labels, results or ratings that cannot be compared."""


class MovementUnusable(AskPerson):
    """A filmed movement, or a score sheet, that cannot be scored as it is."""


class OutboxUnusable(AskPerson):
    """The outbox file is damaged, cannot be written, or belongs to another station."""


class StoreUnusable(AskPerson):
    """The collector's store cannot be used as it is."""


class PartMissing(AskPerson):
    """A program, package or device that this machine lacks."""
