"""Jobs that survive: what was asked for, how far it came and what it left, kept in a ledger on disk.

:mod:`ledger` says what is kept, :mod:`sql` in which words, :mod:`sqlite` or :mod:`postgres` keeps it, and :mod:`opening` chooses;
:mod:`inputs` turns a request into what can be kept and back, :mod:`archive` packs jobs into a zip file, :mod:`memory` measures what a
job needed. Nothing here knows the page.

    python -m aigc_core.jobs list                       the jobs of this machine's app
    python -m aigc_core.jobs run FILE|ID [--out OUT]    make the output of a file, an exported zip or a job again
    python -m aigc_core.jobs export OUT.zip [ID …]      files and requests of jobs, in one file
    python -m aigc_core.jobs prune --keep 500           drop the oldest jobs beyond 500 MB; pinned ones stay
"""
