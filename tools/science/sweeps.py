# SPDX-License-Identifier: Apache-2.0
# The sweeps that docs/science.md compares: what differs between them, and what lorasweep is told to do each.
import dataclasses

OTHER_METHODS = ("cma", "one-plus-one", "random")
WIDER_METHODS = ("probe", "greedy", "sep-cma")
SHOTS = (42, 43, 44, 45, 46)
# By what two sweeps may differ, and the level that LoraHub as published has.
REFERENCE = {"selection": "20 drawn", "composition": "lorahub", "method": "cobyla", "budget": 40, "guard": False, "l1": 0.05,
             "bound": 1.5}


@dataclasses.dataclass(frozen=True)
class Sweep:
    selection: str = "20 drawn"
    composition: str = "lorahub"
    method: str = "cobyla"
    budget: int = 40
    guard: bool = False
    l1: float = 0.05
    bound: float = 1.5
    draws: bool = False  # five draws of shots, one for each replicate, instead of one draw for all
    auto: bool = False   # method = "auto": 5 screened, exact, cobyla, guarded
    controls: tuple = dataclasses.field(default=("zero-shot",), compare=False)  # a sweep is known by the rest

    @property
    def evaluations(self):
        """A screen of 31 adapters leaves 9 evaluations of 40, and a search among ten needs the base model and one each: 42. No
        search is that screen and the base model: 32."""
        if self.method == "none":
            return 32
        return 42 if self.selection == "10 screened" and self.budget < 42 else self.budget

    @property
    def name(self):
        parts = [self.selection.replace(" ", "-"), self.composition, self.method, str(self.evaluations)]
        parts += ["guard"] * self.guard + ["draws"] * self.draws + ["auto"] * self.auto
        parts += [f"l1-{self.l1:g}"] * (self.l1 != REFERENCE["l1"]) + [f"bound-{self.bound:g}"] * (self.bound != REFERENCE["bound"])
        return "_".join(parts)

    def flags(self):
        count, _, how = self.selection.partition(" ")
        settings = {"search.budget": self.evaluations, "search.l1": self.l1, "search.bounds": f"{-self.bound},{self.bound}",
                    "predict.baselines": ",".join(self.controls), "results.composed": "none", "results.texts": "none"}
        if self.draws:
            settings["tasks.shot_seed"] = ",".join(map(str, SHOTS))
        if self.auto:
            settings["search.method"] = "auto"
        else:
            settings |= {"search.method": self.method, "search.composition": self.composition,
                         "search.guard": "leave-one-out" if self.guard else "none",
                         "adapters.select": {"drawn": "random", "screened": "screened", "": "all"}[how]}
            if how:
                settings["adapters.count"] = count
        return [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]


# Controls that most sweeps have beside them.
BESIDE = ("zero-shot", "uniform", "best-single")
AUTO = Sweep("5 screened", "exact", guard=True, auto=True, controls=BESIDE)


def demo_sweeps():
    """At 40 evaluations all of it, at 160 the parts that may have wanted more."""
    every = BESIDE + ("few-shot", "random-adapters")
    sweeps = []
    for composition in ("lorahub", "exact"):
        sweeps += [Sweep("20 drawn", composition, controls=every), Sweep("5 screened", composition, controls=every)]
        sweeps += [Sweep(selection, composition, controls=BESIDE) for selection in ("10 screened", "all")]
        sweeps += [Sweep("20 drawn", composition, guard=True)]
    sweeps += [Sweep("5 screened", guard=True), AUTO]
    sweeps += [Sweep(method=method) for method in OTHER_METHODS] + [Sweep("20 drawn", "exact", "cma")]
    sweeps += [Sweep("5 screened", method=method) for method in OTHER_METHODS] + [Sweep("5 screened", "exact", "cma")]
    sweeps += [Sweep("5 screened", composition, method) for method in WIDER_METHODS for composition in ("lorahub", "exact")]
    sweeps += [Sweep("20 drawn", composition, method) for method in WIDER_METHODS for composition in ("lorahub", "exact")]
    sweeps += [Sweep("5 screened", method="none", guard=True, controls=BESIDE)]
    sweeps += [dataclasses.replace(AUTO, draws=True), Sweep(draws=True, controls=BESIDE)]
    sweeps += [Sweep("5 screened", composition, draws=True, controls=BESIDE) for composition in ("lorahub", "exact")]
    sweeps += [Sweep(l1=1.0), Sweep(bound=3.0)]
    sweeps += [dataclasses.replace(AUTO, budget=160), Sweep(method="cma", budget=160), Sweep("5 screened", "exact", "cma", budget=160)]
    for composition in ("lorahub", "exact"):
        sweeps += [Sweep(selection, composition, budget=160, controls=BESIDE) for selection in ("5 screened", "20 drawn")]
    sweeps += [Sweep("10 screened", budget=160, controls=BESIDE), Sweep("all", budget=160, controls=BESIDE), Sweep(guard=True, budget=160)]
    return sweeps


def bbh_sweeps():
    """Fewer of them, because the inputs are long; what tells most comes first."""
    return [Sweep(controls=BESIDE), AUTO, Sweep("5 screened", controls=BESIDE + ("random-adapters",)), Sweep("5 screened", "exact"),
            Sweep("20 drawn", "exact"), Sweep("all"), Sweep(method="cma"), Sweep(method="random"), Sweep(guard=True),
            Sweep("10 screened", "exact"), dataclasses.replace(AUTO, budget=160), Sweep(budget=160), Sweep("5 screened", "exact", budget=160)]


SUITES = {"demo": demo_sweeps, "bbh": bbh_sweeps}
