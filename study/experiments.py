"""The arms of the two experiments and the factors they are made of."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Arm:
    """One treatment.

    ``message`` names the information sheet that its participants read
    (`content/<language>/messages/<message>.toml`); ``reward`` says whether each correct
    card of the main round also pays the participant.
    """

    name: str
    message: str
    reward: bool = False


@dataclass(frozen=True)
class Experiment:
    """One experiment: its session config, its app, and its arms, the control arm first.

    ``factors`` maps each 0/1 column of a factorial design to the arms in which it is 1.
    """

    name: str
    app: str
    arms: dict[str, Arm]
    factors: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def control(self) -> str:
        return next(iter(self.arms))

    @property
    def app_sequence(self) -> list[str]:
        return ["intake", self.app, "closing"]


def _arms(*arms: Arm) -> dict[str, Arm]:
    return {arm.name: arm for arm in arms}


INFO_SOURCE = Experiment(
    name="info_source",
    app="info_source_experiment",
    arms=_arms(
        Arm("control", message="facts"),
        Arm("organisation", message="organisation"),
        Arm("beneficiary", message="beneficiary"),
    ),
)

INCENTIVE = Experiment(
    name="incentive",
    app="incentive_experiment",
    arms=_arms(
        Arm("control", message="facts"),
        Arm("reward", message="facts", reward=True),
        Arm("beneficiary", message="beneficiary"),
        Arm("reward_beneficiary", message="beneficiary", reward=True),
    ),
    factors={
        "reward": ("reward", "reward_beneficiary"),
        "beneficiary": ("beneficiary", "reward_beneficiary"),
    },
)

EXPERIMENTS = {experiment.name: experiment for experiment in (INFO_SOURCE, INCENTIVE)}
