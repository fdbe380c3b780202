"""The life of every unit of a call's money as a picture: bands as wide as their amounts, from the funders to its end.

Pure geometry of a Sankey diagram (P. Riehmann, M. Hanfler, B. Froehlich, "Interactive Sankey diagrams", 2005) for one
chain of stages: in each column stands what rests at a stage, and above it what went on. What came back is taken off.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from marketplace.ledger.chart import Stage

# From left to right: where money rests, and the name of what went on past it.
STAGES = (
    (Stage.AVAILABLE, "promised"),
    (Stage.RESERVED, "bound"),
    (Stage.COMMITTED, "approved"),
    (Stage.PAYABLE, Stage.PAID),
)
END = Stage.RETURNED

TOP, GAP, NODE = 50, 56, 12
BANDS = 260
"""Height of the whole amount, in the picture's own units."""
COLUMN, LABEL = 196, 150
THINNEST = 1.5


@dataclass(frozen=True)
class Step:
    """So much money, in minor units, went from one place to another; `stage` is the ledger's name for where it came."""

    source: str
    target: str
    stage: Stage
    amount: int


@dataclass(frozen=True)
class Node:
    """A place in the picture, with all the money that came to it."""

    name: str
    column: int
    amount: int
    x: float
    y: float
    height: float


@dataclass(frozen=True)
class Band:
    """A step as a closed curve."""

    step: Step
    path: str


@dataclass(frozen=True)
class Picture:
    """Everything to draw, in units of its own width and height."""

    nodes: list[Node]
    bands: list[Band]
    width: int
    height: int


def steps(standing: Mapping[str, Mapping[Stage, int]]) -> list[Step]:
    """The way of the money from what stands at each stage, by source; amounts of one source sum to what it gave."""
    series: list[Step] = []
    sources: dict[str, dict[Stage, int]] = {source: dict(amounts) for source, amounts in standing.items()}
    onward = [*(rest for rest, _went in STAGES), Stage.PAID, END]
    for place, (rest, went) in enumerate(STAGES):
        later = onward[place + 1 :]
        for source, amounts in sources.items():
            on = sum(amounts.get(stage, 0) for stage in later)
            pair = ((went, later[0], on), (rest, rest, amounts.get(rest, 0)))
            series += [Step(source, target, stage, amount) for target, stage, amount in pair if amount]
        together = {stage: sum(amounts.get(stage, 0) for amounts in sources.values()) for stage in later}
        sources = {went: together}
    returned = sources[Stage.PAID][END]
    return [*series, Step(Stage.PAID, END, END, returned)] if returned else series


def draw(way: Sequence[Step]) -> Picture:
    """Place the nodes in columns and lay the bands between them; no band is too thin to be seen."""
    total = sum(step.amount for step in way if not any(other.target == step.source for other in way))
    scale = BANDS / total if total else 0
    nodes = _place(_amounts(way), scale)
    leaving = {name: node.y for name, node in nodes.items()}
    arriving = dict(leaving)
    bands = []
    for step in way:
        thick = max(step.amount * scale, THINNEST)
        start, end = nodes[step.source], nodes[step.target]
        bands.append(Band(step, _curve(start.x + NODE, leaving[step.source], end.x, arriving[step.target], thick)))
        leaving[step.source] += step.amount * scale
        arriving[step.target] += step.amount * scale
    height = max((node.y + node.height for node in nodes.values()), default=0)
    last = max((node.column for node in nodes.values()), default=0)
    return Picture(list(nodes.values()), bands, max(last, len(STAGES)) * COLUMN + LABEL, round(height) + 10)


def _amounts(way: Sequence[Step]) -> dict[str, Node]:
    """Every place with its column and amount: what came to it, or what it gave where nothing came."""
    nodes: dict[str, Node] = {}
    for step in way:
        source = nodes.setdefault(step.source, Node(step.source, 0, 0, 0, 0, 0))
        if source.column == 0:
            nodes[step.source] = replace(source, amount=source.amount + step.amount)
        target = nodes.get(step.target, Node(step.target, nodes[step.source].column + 1, 0, 0, 0, 0))
        nodes[step.target] = replace(target, amount=target.amount + step.amount)
    return nodes


def _place(nodes: Mapping[str, Node], scale: float) -> dict[str, Node]:
    below: dict[int, float] = {}
    placed = {}
    for name, node in nodes.items():
        y = below.get(node.column, TOP)
        height = max(node.amount * scale, THINNEST)
        placed[name] = replace(node, x=node.column * COLUMN + 1, y=round(y, 1), height=round(height, 1))
        below[node.column] = y + height + GAP
    return placed


def _curve(left: float, y_left: float, right: float, y_right: float, thick: float) -> str:
    middle = (left + right) / 2
    over = f"M{left:.1f} {y_left:.1f}C{middle:.1f} {y_left:.1f} {middle:.1f} {y_right:.1f} {right:.1f} {y_right:.1f}"
    low_left, low_right = y_left + thick, y_right + thick
    under = f"C{middle:.1f} {low_right:.1f} {middle:.1f} {low_left:.1f} {left:.1f} {low_left:.1f}"
    return f"{over}L{right:.1f} {low_right:.1f}{under}Z"
