"""One function for each step a clerk takes. Every step can be killed at any point and taken again.

Files are durable before the entry that names them; the entry is durable before the step returns.
"""

from verifiable_draw.conduct.computing import (
    WORTH_PROCESSES,
    DelayTask,
    GroupingTask,
    allocate,
    compute_groups,
    delay_task,
    enter_beacon,
    enter_delay,
    fix_groups,
    fix_seed,
    group,
    grouping_tasks,
    run_delay,
    statement_of,
)
from verifiable_draw.conduct.ending import (
    abort,
    annul,
    class_lists,
)
from verifiable_draw.conduct.gathering import (
    accept,
    close_commits,
    close_coverage,
    close_reveals,
    enrol,
    freeze_header,
    open_reveals,
    public_draw,
)
from verifiable_draw.conduct.office import (
    add_key,
    found,
    record_lots,
    register,
)
from verifiable_draw.conduct.preparing import (
    RESERVED,
    approve,
    freeze,
    plan_draw,
    postpone,
    preview,
    publish_plan,
    rare_values,
    submit,
    year_key,
)
from verifiable_draw.conduct.steps import (
    Progress,
)

__all__ = [
    "RESERVED",
    "WORTH_PROCESSES",
    "DelayTask",
    "GroupingTask",
    "Progress",
    "abort",
    "accept",
    "add_key",
    "allocate",
    "annul",
    "approve",
    "class_lists",
    "close_commits",
    "close_coverage",
    "close_reveals",
    "compute_groups",
    "delay_task",
    "enrol",
    "enter_beacon",
    "enter_delay",
    "fix_groups",
    "fix_seed",
    "found",
    "freeze",
    "freeze_header",
    "group",
    "grouping_tasks",
    "open_reveals",
    "plan_draw",
    "postpone",
    "preview",
    "public_draw",
    "publish_plan",
    "rare_values",
    "record_lots",
    "register",
    "run_delay",
    "statement_of",
    "submit",
    "year_key",
]
