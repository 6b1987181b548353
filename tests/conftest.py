"""What holds for every test."""

from hypothesis import settings

# Machines are shared and slow at times: a test is never judged by its speed. Where the variable CI is set, Hypothesis
# loads its own profile, which has no deadline either and draws the same examples each time.
if settings.get_current_profile_name() == "default":
    settings.register_profile("here", deadline=None)
    settings.load_profile("here")
