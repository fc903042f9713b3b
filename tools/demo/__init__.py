"""What `posture-station demo` shows beside its own station: a site on one machine.

stage.py ──> broker, collector, pages and an account, in processes of their own
people.py ──> story.py    rendered people, measured; two stations that tell of them again
"""
