//! What a room says of somebody's progress is what a recomputation from the store says.

use super::*;

/// Beats as honest and dishonest players send them, out of a small generator with a fixed start.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: i64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from(self.0 >> 33).expect("31 bits") % limit
    }
}

async fn agrees(stage: &Stage, lesson: Uuid, user: Uuid) -> Progress {
    let shown = stage.shown(lesson, user).await;
    assert_eq!(shown, stage.recomputed(lesson, user).await);
    shown
}

#[tokio::test]
async fn progress_kept_beat_by_beat_is_the_recomputed_one() {
    let mut stage = Stage::live().await;
    let user = stage.town.member_a;
    let leases = [stage.lease(600, stage.lesson, user).await, stage.lease(601, stage.lesson, user).await];
    let mut dice = Dice(7);
    let (mut now, mut seqs) = (0, [0, 0]);
    for round in 0..60 {
        now += dice.below(40_000);
        stage.at(now);
        let which = usize::from(dice.below(2) == 1);
        let beats: Vec<Value> = (0..=dice.below(4))
            .map(|_| {
                seqs[which] += 1;
                let from = (now - dice.below(60_000)).max(0);
                let beat = beat(seqs[which], from, from + dice.below(30_000));
                with(
                    beat,
                    "rate_milli",
                    json!([1_000, 1_000, 1_250, 2_000][usize::try_from(dice.below(4)).expect("small")]),
                )
            })
            .collect();
        let answer = stage.send(&leases[which], &beats).await;
        assert_eq!(answer.progress, Some(stage.recomputed(stage.lesson, user).await));
        if round == 20 {
            // An interruption becomes known afterwards.
            stage.media(stage.lesson, 2, vec![yunke_domain::Interval { from: 100_000, to: 160_000 }]).await;
        }
        if round == 40 {
            stage.restart();
        }
    }
    assert!(agrees(&stage, stage.lesson, user).await.counted_ms > 60_000);
}

#[tokio::test]
async fn of_two_lessons_at_once_one_accrues_and_both_rooms_know() {
    let stage = Stage::live().await;
    let other = planned(stage.store.as_ref(), &stage.town, 501).await;
    stage.go_live(other).await;
    let user = stage.town.member_a;
    let here = stage.lease(600, stage.lesson, user).await;
    for step in 1..=4 {
        stage.at(step * 15 * S);
        stage.send(&here, &[beat(step, (step - 1) * 15 * S, step * 15 * S)]).await;
    }
    // The member opens the other lesson and lets the first one run on.
    let there = stage.lease(601, other, user).await;
    for step in 5..=8 {
        stage.at(step * 15 * S);
        stage.send(&here, &[beat(step, (step - 1) * 15 * S, step * 15 * S)]).await;
        stage.send(&there, &[beat(step - 4, (step - 1) * 15 * S, step * 15 * S)]).await;
    }
    assert_eq!(agrees(&stage, stage.lesson, user).await.counted_ms, 60 * S);
    assert_eq!(agrees(&stage, other, user).await.counted_ms, 60 * S);
}

#[tokio::test]
async fn somebody_who_never_came_has_progress_0() {
    let stage = Stage::live().await;
    let progress = agrees(&stage, stage.lesson, stage.town.member_b).await;
    assert_eq!((progress.counted_ms, progress.credit), (0, crate::evidence::CreditWord::None));
    assert_eq!(progress.needed_full_ms, 45 * 60_000 * 80 / 100);
}
