"""The exceptions of the project, as one tree.

    AigcError
    ├── InvalidRequestError      a value outside its limits; names the field, the limit and the value
    ├── UnknownModelError        no such row in the registry; lists the rows there are
    ├── CheckpointError          weights missing, damaged or of another shape; names the command that mends it
    ├── MissingDependencyError   an optional package or program is absent; names how to install it
    ├── DownloadError            weights could not be fetched; says what was tried
    │   └── OfflineError         the network was needed but ``--offline`` forbids it
    ├── BusyError                too much is asked of this server at the moment; says when to try again
    ├── WorkerError              a worker on this or another machine ended before its job, or cannot be started
    └── DeadlineError            a job took longer than it is allowed to

Every message is written for the person at the screen: what is wrong, the limit, the value got, what to do. It exists in
English (``str(error)``) and in Chinese (``error.zh``).
"""

from __future__ import annotations


class AigcError(Exception):
    """Base of all errors that are shown to the user as they are.

    Attributes:
        zh: The message in Chinese; the English one where no translation is given.
    """

    def __init__(self, message: str, zh: str = "") -> None:
        super().__init__(message)
        self.zh = zh or message


class InvalidRequestError(AigcError):
    """A request field is missing, of the wrong kind or out of range."""


class UnknownModelError(AigcError):
    """The name is not a registry row, or not one of the task asked for."""


class CheckpointError(AigcError):
    """Weights are missing, damaged, or do not fit the model."""


class MissingDependencyError(AigcError):
    """An optional package or program that this model needs is not installed."""


class DownloadError(AigcError):
    """Weights could not be fetched."""


class OfflineError(DownloadError):
    """The network is needed but was ruled out by ``--offline``."""


class BusyError(AigcError):
    """The server takes no more work at the moment.

    Attributes:
        retry_s: Seconds after which it is worth another try.
    """

    def __init__(self, message: str, zh: str = "", *, retry_s: float = 30.0) -> None:
        super().__init__(message, zh)
        self.retry_s = retry_s


class WorkerError(AigcError):
    """A worker process ended before the job that it worked on, or cannot be started."""


class DeadlineError(AigcError):
    """The job ran longer than its deadline and was stopped."""
