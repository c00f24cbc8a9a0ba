"""How simulated people respond to reward and message: assumptions for testing, no findings."""

from people.assumptions import People

PEOPLE = People(
    effects={
        "willingness": {"beneficiary": 0.4, "reward_beneficiary": 0.4},
        "effort": {"beneficiary": 0.1, "reward": 0.0, "reward_beneficiary": 0.4},
        "impact_perceived": {"beneficiary": 0.3, "reward_beneficiary": 0.3},
    },
    main=("willingness", "effort"),
    stops={"effort": -3.2, "voluntary": -0.8},
)
