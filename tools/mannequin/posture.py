"""What a mannequin is asked to do: posture angles as a screening defines them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Arm:
    """One arm's joint angles; all zero hangs straight down.

    rotation_deg turns the plane in which the elbow bends: 0 lifts the hand forward, positive
    brings it across the body.
    """

    abduction_deg: float = 9.0
    flexion_deg: float = 2.0
    rotation_deg: float = 0.0
    elbow_flexion_deg: float = 12.0


@dataclass(frozen=True, slots=True)
class Leg:
    """One leg's joint angles; all zero stands straight.

    valgus_deg is 180 minus the hip-knee-ankle angle seen from the front, + knee towards the middle
    (exact where hip and knee are not flexed). foot_pitch_deg is against the floor, + toes up.
    """

    abduction_deg: float = 3.0
    valgus_deg: float = 0.0
    hip_flexion_deg: float = 0.0
    knee_flexion_deg: float = 0.0
    foot_pitch_deg: float = 0.0
    toe_out_deg: float = 8.0


@dataclass(frozen=True, slots=True)
class Posture:
    """Angles against gravity, signed as the measures are.

    Tilts: + the subject's right side higher. Leans: + towards the subject's right. Sagittal: +
    forward. Each is what the measure of the same name reads from an undistorted picture without
    perspective, at yaw 0 (front) or 90 (right side).

    head_lean_deg : middle of the shoulders to middle of the ears.
    head_tilt_deg : line of the ears.
    head_forward_deg : middle of the shoulders to middle of the ears, from the side.
    head_sagittal_tilt_deg : line ear to eye above the horizontal.
    head_turn_deg : about the vertical, + to the subject's left.
    trunk_lean_deg : middle of the hips to middle of the shoulders.
    shoulder_protraction_mm : shoulders brought forward against the back.
    spine_deg : inclination of C4-T6, T6-T8, T8-L4 and L4-S5 from the vertical, + upper end
        forward, over the skin of the back.
    """

    shoulder_tilt_deg: float = 0.0
    pelvis_tilt_deg: float = 0.0
    head_lean_deg: float = 0.0
    head_tilt_deg: float = 0.0
    head_forward_deg: float = 8.0
    head_sagittal_tilt_deg: float = 10.0
    head_turn_deg: float = 0.0
    trunk_lean_deg: float = 0.0
    shoulder_protraction_mm: float = 0.0
    spine_deg: tuple[float, float, float, float] = (24.0, 6.0, -12.0, 16.0)
    left_arm: Arm = Arm()
    right_arm: Arm = Arm()
    left_leg: Leg = Leg()
    right_leg: Leg = Leg()
