"""What a door does when it has asked for long work."""

from flask import redirect, session as cookie, url_for

from models.job import Job

SIGN = "has_jobs"


def begun(job: Job):
    """Go to the page where the work can be watched; the menu of this browser tells of it from now on."""
    cookie[SIGN] = True
    return redirect(url_for("jobs.index_view", wait=job.id))
