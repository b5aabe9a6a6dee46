"""What is measured, and the targets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bench.environments import BY_HAND, BY_HAND_IN_TASKS

Work = Literal["decode", "memory", "call", "fetch", "list", "threads", "tasks", "start", "import"]
Figure = Literal["cpu", "wall", "bytes"]  # seconds, seconds, bytes

WHILE = 0.2  # seconds that a contender works in one round, unless one unit of work takes longer


@dataclass(frozen=True)
class Target:
    """A bound on the ratio of this SDK's figure to that of a contender: at most, or for a rate at least."""

    against: str
    bound: float
    is_rate: bool = False

    def ratio(self, ours: float, theirs: float) -> float:
        """Return the ratio of our figure to theirs; of the rates, if the target is a rate."""
        return theirs / ours if self.is_rate else ours / theirs

    def is_met(self, ratio: float) -> bool:
        """Return whether a ratio is within the bound."""
        return ratio >= self.bound if self.is_rate else ratio <= self.bound

    def __str__(self) -> str:
        return f"{'at least' if self.is_rate else 'at most'} {self.bound:.3g} x"


@dataclass(frozen=True)
class Case:
    """One kind of work of one size, done by all contenders that can, in alternating rounds.

    :ivar figure: which figure of the reply counts.
    :ivar most: how often the work is done in one round at the most.
    :ivar rounds: how many rounds there are at the most, where more would show nothing new.
    """

    name: str
    title: str
    work: Work
    figure: Figure
    targets: tuple[Target, ...]
    size: int = 1
    most: int = 1
    rounds: int | None = None


@dataclass(frozen=True)
class Curve:
    """One kind of work at growing sizes."""

    name: str
    title: str
    work: Work
    figure: Figure
    sizes: tuple[int, ...]
    x: str
    most: int = 1
    is_rate: bool = False


CASES = [
    Case(
        "decode",
        "decode 1,000 tokens (CPU)",
        "decode",
        "cpu",
        (Target(BY_HAND, 2.0), Target("pydantic_httpx", 1.1)),
        size=1000,
        most=10,
    ),
    Case(
        "memory",
        "memory held by 1,000 tokens",
        "memory",
        "bytes",
        (Target("client_3_3", 1 / 4),),
        size=1000,
        rounds=3,  # it is the same each time
    ),
    Case("call", "one small call (CPU)", "call", "cpu", (Target(BY_HAND, 1.0), Target("client_3_3", 0.8)), most=300),
    Case(
        "list",
        "list 1,000 tokens by a link of 20 Mbit/s",
        "list",
        "wall",
        (Target(BY_HAND, 0.5),),
        size=1000,
        most=3,
    ),
    Case("start", "start of Python to first answer", "start", "wall", (Target(BY_HAND, 1.15),)),
    Case("import", "import alone", "import", "wall", (Target(BY_HAND, 0.25),)),
    Case(
        "threads",
        "a call, 16 threads at a time",
        "threads",
        "wall",
        (Target(BY_HAND, 1.0, is_rate=True),),
        size=16,
        most=640,
    ),
    Case(
        "tasks",
        "a call, 50 tasks at a time",
        "tasks",
        "wall",
        (Target(BY_HAND_IN_TASKS, 0.85, is_rate=True),),
        size=50,
        most=1000,
    ),
]

TENS = tuple(10**power for power in range(6))

CURVES = [
    Curve("decode", "Time to decode a list", "decode", "cpu", TENS, "tokens", most=1000),
    Curve("memory", "Memory held by a list", "memory", "bytes", TENS, "tokens"),
    Curve("threads", "Calls a second", "threads", "wall", (1, 2, 4, 8, 16, 32, 64), "threads", most=1280, is_rate=True),
    Curve("fetch", "CPU time of a call", "fetch", "cpu", tuple(100 * ten for ten in TENS), "bytes of answer", most=200),
]
