"""The end for those who came too late: the server looks at the quota when somebody arrives."""

from __future__ import annotations

from typing import Any

from lab import panel
from lab.ending import EndPage


class QuotaFull(EndPage):
    @classmethod
    def is_displayed(cls, player: Any) -> bool:
        if super().is_displayed(player):
            return True
        on_the_way = cls.study.reaches(cls.study.step("quota"), cls.seat_of(player))
        return on_the_way and panel.quota_is_reached(player.session)
