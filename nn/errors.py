"""The mistakes this program can tell a person about, each with the exit code it ends in.

Whatever goes wrong because of an answer, a file or a machine is raised as one of these; the
scripts print the message as one red line and exit. Anything else that is raised is a defect of
the program and keeps its traceback.
"""


class ProgramError(Exception):
    """Something the person at the keyboard can mend; `str()` of it is the whole message."""

    exit_code = 1


class SettingError(ProgramError):
    """A setting, a flag, an answer or a config file is wrong."""

    exit_code = 2


class DataError(ProgramError):
    """A data file is missing, damaged, or is not what its name says."""

    exit_code = 3


class RunFolderError(ProgramError):
    """A run's folder cannot be written, or what it holds is not a whole run."""

    exit_code = 4


class DivergedError(ProgramError):
    """The loss stopped being a finite number."""

    exit_code = 5


class StoppedError(ProgramError):
    """The person pressed Ctrl-C; 130 is what a shell reports for a program so ended."""

    exit_code = 130
