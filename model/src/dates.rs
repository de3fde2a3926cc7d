//! Dates and verdicts: is the floor never ahead of the true time nor behind what is proven, and does a lease last as long as
//! was promised, and no longer?
//!
//! A tick is 2 h 20 min, I, S and J are the defaults, and the rules are the product's default rules with a window of three
//! days. A validation follows every move.

use std::num::NonZeroU32;
use std::time::Duration;

use counterfoil::client::continuity::{Next, counting, enter_lease};
use counterfoil::evidence::ClockInfo;
use counterfoil::policy::{Reason, Rules as Manifest, Standing, Terms, Verdict, Windows};
use counterfoil::store::{ResetCounts, State};
use counterfoil::time::{BootClock, Limits, Reading, anchored, carried, now};
use counterfoil::token::{Anchor, DeviceClass, LicenseId, UtcTime};
use stateright::{Model, Property};

use crate::policy_support::{anyone, in_order, license};
use crate::rules::Rules;

/// True seconds in a tick.
const TICK_S: u32 = 8400;
/// A day of ten ticks is a little shorter than a true one, and so has a little more boots and sleeps.
const TICKS_A_DAY: u8 = 10;
/// When the first lease is issued.
const START: u64 = 1_800_000_000;
const WINDOW_DAYS: u16 = 3;

/// Who moves the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// Ten sleeps and one boot a day, whatever the operating system's clock shows.
    Honest,
    /// Any boots, any rate of the TPM's clock, any operating system's clock; contacts as he likes.
    Hostile,
}

/// How far the model goes.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Who moves the machine.
    pub owner: Owner,
    /// Ticks of true time.
    pub ticks: u8,
    /// TPM Resets of a hostile owner.
    pub resets: u8,
    /// Contacts with the vendor after the first.
    pub contacts: u8,
}

/// The model.
pub struct DatesModel {
    rules: Rules,
    manifest: Manifest,
    terms: Terms,
    bounds: Bounds,
}

/// A state of the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct World {
    ticks: u8,
    clock_ms: u64,
    resets: u8,
    restarts: u8,
    activity: u8,
    remembered: Option<(u8, u8)>,
    os_clock: OsClock,
    /// The latest that the operating system's clock ever showed to a program.
    os_clock_seen: OsClock,
    sleeps_today: u8,
    booted_today: bool,
    contacts: u8,
    lease: Lease,
    /// The last verdict.
    standing: Standing,
    /// Ghost: ticks at whose end the verdict was still yes.
    accepted: u8,
    /// Ghost: what went wrong.
    fault: Option<Fault>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Lease {
    utc: UtcTime,
    clock_ms: u64,
    resets: u8,
    restarts: u8,
    activity: u8,
    issued_at: UtcTime,
}

/// What the operating system's clock shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OsClock {
    /// 1970, as with a dead battery.
    Epoch,
    /// The true time.
    Right,
    /// 2099.
    Year2099,
}

/// A promise that was broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The floor was ahead of the true time.
    FloorAhead,
    /// The floor was behind what tokens and clock prove, or the time that was used behind the floor.
    FloorBehind,
    /// The window was not kept.
    WindowCutShort(Standing, u16),
    /// One boot and ten sleeps a day cost more than one increment of the counter a day.
    Wear,
}

/// A move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// A tick passes; the TPM's clock shows so many sevenths of it, in fifths.
    Tick(Rate),
    /// The machine sleeps so many times, each for a moment.
    Sleep(u8),
    /// It starts anew; whether the clock lost what it can lose.
    Boot {
        /// I was lost.
        unclean: bool,
    },
    /// The operating system's clock is set.
    SetOsClock(OsClock),
    /// A renewal over the network: the vendor's nonce is answered at once.
    Renew,
    /// A renewal by file: the anchor is the last one, carried on.
    RenewByFile,
}

/// How fast the TPM's clock runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rate {
    /// 6/7.
    Slowest,
    /// The true rate.
    True,
    /// 6/5.
    Fastest,
}

impl World {
    fn sleep(&mut self) {
        self.restarts += 1;
        self.sleeps_today += 1;
    }
}

impl DatesModel {
    /// The model of `rules` within `bounds`; S is the default one, or what a mistake makes of it.
    pub fn new(rules: Rules, bounds: Bounds) -> Self {
        let mut manifest = Manifest::default();
        manifest.windows = Windows::default().with(DeviceClass::Hardware, WINDOW_DAYS);
        let terms = manifest
            .lease_terms(DeviceClass::Hardware, None, &anyone())
            .expect("hardware is licensed");
        Self {
            rules,
            manifest,
            terms,
            bounds,
        }
    }

    fn true_time(world: &World) -> UtcTime {
        start().plus(Duration::from_secs(
            u64::from(TICK_S) * u64::from(world.ticks),
        ))
    }

    fn os_time(world: &World, os_clock: OsClock) -> UtcTime {
        match os_clock {
            OsClock::Epoch => UtcTime::EPOCH,
            OsClock::Right => Self::true_time(world),
            OsClock::Year2099 => utc(4_083_955_200),
        }
    }

    fn reading(world: &World) -> Reading {
        Reading {
            clock: ClockInfo {
                clock_ms: world.clock_ms,
                reset_count: world.resets.into(),
                restart_count: world.restarts.into(),
                safe: true,
            },
            activity: world.activity.into(),
        }
    }

    /// The counter moves with the application of a lease, as with every answer.
    fn apply(world: &mut World, anchor: &Anchor) {
        let mut state = State::default();
        enter_lease(&mut state, LICENSE, 1, anchor, None);
        world.remembered = state.last_increment.map(small);
        world.activity += 1;
        world.lease = Lease {
            utc: anchor.utc,
            clock_ms: anchor.clock_ms,
            resets: world.resets,
            restarts: world.restarts,
            activity: world.activity - 1,
            issued_at: Self::true_time(world),
        };
        world.accepted = 0;
    }

    fn validate(&self, world: &mut World) {
        let allowed = self.terms.restarts_allowed;
        let state = State {
            last_increment: world.remembered.map(large),
            ..State::default()
        };
        let mut reading = Self::reading(world);
        let next = (self.rules.next)(&reading, world.activity.into(), &state, allowed);
        if next == Next::Increment {
            world.remembered = counting(state, &reading.clock).last_increment.map(small);
            world.activity += 1;
            reading.activity += 1;
        }
        let anchor = world.lease.anchor();
        let seen = (world.os_clock_seen > OsClock::Epoch)
            .then(|| Self::os_time(world, world.os_clock_seen));
        let floor = (self.rules.floor)(&anchor, &reading, world.lease.issued_at, seen);
        let boot = BootClock {
            boot_id: [world.resets; 16],
            elapsed_ms: 0,
        };
        let os_time = Self::os_time(world, world.os_clock);
        let now = now(os_time, floor, &anchor, world.lease.issued_at, boot, None);
        if self.bounds.owner == Owner::Hostile {
            world.os_clock_seen = world.os_clock_seen.max(world.os_clock);
        }

        let limits = self.limits(allowed);
        let charge = (self.rules.charge)(&anchor, &reading, &limits).map_err(Reason::from);
        let lease = self.terms.lease_facts(world.lease.issued_at);
        let inputs = in_order(license(start()), lease, now, charge);
        let verdict = (self.rules.decide)(&inputs, &self.manifest, world.standing);
        world.fault = self.fault(world, &anchor, floor, now.utc, &verdict);
        world.standing = verdict.standing;
    }

    fn fault(
        &self,
        world: &World,
        anchor: &Anchor,
        floor: UtcTime,
        now: UtcTime,
        verdict: &Verdict,
    ) -> Option<Fault> {
        if floor > Self::true_time(world) {
            return Some(Fault::FloorAhead);
        }
        // The clock shows at most 6/5 of the time that has passed.
        let shown_ms = u128::from(world.clock_ms.saturating_sub(anchor.clock_ms));
        let proven_ms = 1000 * u128::from(floor.unix() + 1 - anchor.utc.unix());
        if proven_ms * 6 < shown_ms * 5 || floor < world.lease.issued_at || now < floor {
            return Some(Fault::FloorBehind);
        }
        if self.bounds.owner == Owner::Honest {
            let since = Self::true_time(world).since(world.lease.issued_at);
            if since <= self.terms.window && verdict.standing > Standing::OfflineGrace {
                return Some(Fault::WindowCutShort(
                    verdict.standing,
                    verdict.reason.code(),
                ));
            }
            let days_begun = 1 + world.ticks / TICKS_A_DAY;
            if world.activity > world.lease.activity + 1 + days_begun {
                return Some(Fault::Wear);
            }
        }
        None
    }

    fn limits(&self, restarts_allowed: NonZeroU32) -> Limits {
        Limits {
            budget_ms: self.terms.budget_ms,
            unclean_loss_ms: self.terms.unclean_loss_ms,
            restarts_allowed,
            heartbeat_ms: self.terms.heartbeat_ms,
        }
    }

    fn boot(&self, world: &mut World, unclean: bool) {
        world.booted_today = true;
        world.resets += 1;
        world.restarts = 0;
        if unclean {
            world.clock_ms -= self.terms.unclean_loss_ms.min(world.clock_ms);
        }
    }

    fn tick(&self, world: &mut World, rate: Rate) {
        world.ticks += 1;
        world.clock_ms += u64::from(TICK_S / 35)
            * match rate {
                Rate::Slowest => 30_000,
                Rate::True => 35_000,
                Rate::Fastest => 42_000,
            };
        if world.ticks.is_multiple_of(TICKS_A_DAY) {
            world.sleeps_today = 0;
            world.booted_today = false;
        }
    }
}

const LICENSE: LicenseId = LicenseId::new([1; 8]);

fn start() -> UtcTime {
    utc(START)
}

fn utc(seconds: u64) -> UtcTime {
    UtcTime::from_unix(seconds).expect("a date before the year 10000")
}

fn small(counts: ResetCounts) -> (u8, u8) {
    let byte = |count: u32| u8::try_from(count).expect("the bounds are small");
    (byte(counts.reset_count), byte(counts.restart_count))
}

fn large((resets, restarts): (u8, u8)) -> ResetCounts {
    ResetCounts {
        reset_count: resets.into(),
        restart_count: restarts.into(),
    }
}

impl Lease {
    fn anchor(&self) -> Anchor {
        Anchor {
            utc: self.utc,
            clock_ms: self.clock_ms,
            reset_count: self.resets.into(),
            restart_count: self.restarts.into(),
            activity: self.activity.into(),
        }
    }
}

impl Model for DatesModel {
    type State = World;
    type Action = Move;

    fn init_states(&self) -> Vec<World> {
        [OsClock::Epoch, OsClock::Right, OsClock::Year2099]
            .map(|os_clock| {
                let mut world = World {
                    ticks: 0,
                    clock_ms: 4 * self.terms.unclean_loss_ms,
                    resets: 0,
                    restarts: 0,
                    activity: 0,
                    remembered: None,
                    os_clock,
                    os_clock_seen: OsClock::Epoch,
                    sleeps_today: 0,
                    booted_today: false,
                    contacts: 0,
                    lease: Lease {
                        utc: start(),
                        clock_ms: 0,
                        resets: 0,
                        restarts: 0,
                        activity: 0,
                        issued_at: start(),
                    },
                    standing: Standing::Active,
                    accepted: 0,
                    fault: None,
                };
                let anchor = anchored(start(), &Self::reading(&world));
                Self::apply(&mut world, &anchor);
                world
            })
            .to_vec()
    }

    fn actions(&self, world: &World, moves: &mut Vec<Move>) {
        if world.fault.is_some() {
            return;
        }
        moves.push(Move::Tick(Rate::True));
        match self.bounds.owner {
            Owner::Honest => {
                if world.sleeps_today < 10 {
                    moves.push(Move::Sleep(5));
                }
                if !world.booted_today {
                    moves.extend([false, true].map(|unclean| Move::Boot { unclean }));
                }
            }
            Owner::Hostile => {
                let clocks = [OsClock::Epoch, OsClock::Right, OsClock::Year2099];
                moves.extend(clocks.map(Move::SetOsClock));
                moves.extend([Rate::Slowest, Rate::Fastest].map(Move::Tick));
                moves.extend([false, true].map(|unclean| Move::Boot { unclean }));
                moves.extend([Move::Renew, Move::RenewByFile]);
            }
        }
    }

    fn next_state(&self, world: &World, a_move: Move) -> Option<World> {
        let mut next = *world;
        match a_move {
            Move::Tick(rate) => self.tick(&mut next, rate),
            Move::Sleep(times) => {
                for _ in 1..times {
                    next.sleep();
                    self.validate(&mut next);
                }
                next.sleep();
            }
            Move::Boot { unclean } => self.boot(&mut next, unclean),
            Move::SetOsClock(os_clock) => next.os_clock = os_clock,
            Move::Renew => {
                let anchor = anchored(Self::true_time(&next), &Self::reading(&next));
                next.contacts += 1;
                Self::apply(&mut next, &anchor);
            }
            Move::RenewByFile => {
                let anchor = carried(&next.lease.anchor(), &Self::reading(&next));
                next.contacts += 1;
                Self::apply(&mut next, &anchor);
            }
        }
        self.validate(&mut next);
        if matches!(a_move, Move::Tick(_)) && next.standing <= Standing::OfflineGrace {
            next.accepted += 1;
        }
        (next != *world).then_some(next)
    }

    fn within_boundary(&self, world: &World) -> bool {
        let resets = match self.bounds.owner {
            Owner::Honest => u8::MAX,
            Owner::Hostile => self.bounds.resets,
        };
        world.ticks <= self.bounds.ticks
            && world.contacts <= self.bounds.contacts
            && world.resets <= resets
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(
                "P1: accepted is at most D",
                |model: &Self, world: &World| {
                    u64::from(world.accepted) * u64::from(TICK_S) * 1000 <= model.terms.budget_ms
                },
            ),
            Property::always(
                "P2: the floor is never behind what is proven",
                |_, world: &World| world.fault != Some(Fault::FloorBehind),
            ),
            Property::always(
                "P3: the floor is never ahead of the true time",
                |_, world: &World| world.fault != Some(Fault::FloorAhead),
            ),
            Property::always("P3: the window is kept", |_, world: &World| {
                !matches!(world.fault, Some(Fault::WindowCutShort(..)))
            }),
            Property::always(
                "P13: ten sleeps a day cost one increment a day at most",
                |_, world: &World| world.fault != Some(Fault::Wear),
            ),
        ]
    }
}
