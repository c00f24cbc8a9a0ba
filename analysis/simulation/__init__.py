"""What would happen: simulated participants in the real format, and power of the planned claims.

``simulate`` writes exports of people who never were, always marked as such; ``power`` repeats the
planned analysis on many simulated experiments.
"""
