//! Runs the checker and tells what it found.

use std::fmt;
use std::hash::Hash;
use std::time::{Duration, Instant};

use stateright::{Checker, Expectation, HasDiscoveries, Model, Property};

/// What a search came to.
#[derive(Debug)]
pub struct Outcome {
    /// States looked at, the same one from several sides included.
    pub states: usize,
    /// States.
    pub unique: usize,
    /// Steps of the longest way to a state that was reached first by it.
    pub depth: usize,
    /// How long it took.
    pub took: Duration,
    /// Promises that were broken, each with the way there.
    pub broken: Vec<Counterexample>,
    /// What should be possible and was not seen.
    pub never: Vec<&'static str>,
}

/// A broken promise.
#[derive(Debug)]
pub struct Counterexample {
    /// The promise.
    pub promise: &'static str,
    /// The moves, in order.
    pub moves: Vec<String>,
    /// The state at the end.
    pub end: String,
}

/// Visits every state within the model's bounds.
pub fn exhaust<M>(model: M, threads: usize) -> Outcome
where
    M: Model + Send + Sync + 'static,
    M::State: Hash + fmt::Debug + Send + Sync + Clone + PartialEq + 'static,
    M::Action: fmt::Debug + Clone + PartialEq,
{
    search(model, threads, HasDiscoveries::AllFailures)
}

/// Visits states, the nearest first, until a promise is broken or none is left.
pub fn find<M>(model: M) -> Outcome
where
    M: Model + Send + Sync + 'static,
    M::State: Hash + fmt::Debug + Send + Sync + Clone + PartialEq + 'static,
    M::Action: fmt::Debug + Clone + PartialEq,
{
    search(model, 1, HasDiscoveries::AnyFailures)
}

fn search<M>(model: M, threads: usize, until: HasDiscoveries) -> Outcome
where
    M: Model + Send + Sync + 'static,
    M::State: Hash + fmt::Debug + Send + Sync + Clone + PartialEq + 'static,
    M::Action: fmt::Debug + Clone + PartialEq,
{
    let start = Instant::now();
    let properties = model.properties();
    let checker = model
        .checker()
        .threads(threads)
        .finish_when(until)
        .spawn_bfs()
        .join();
    let took = start.elapsed();
    let found = checker.discoveries();
    let expects = |expectation: Expectation| {
        let properties = properties.iter();
        properties.filter(move |property| property.expectation == expectation)
    };
    let never = expects(Expectation::Sometimes)
        .map(|property| property.name)
        .filter(|name| !found.contains_key(name))
        .collect();
    let broken = expects(Expectation::Always)
        .filter_map(|property| {
            let path = found.get(property.name)?.clone();
            Some(shortened(checker.model(), property, path.into_vec()))
        })
        .collect();
    Outcome {
        states: checker.state_count(),
        unique: checker.unique_state_count(),
        depth: checker.max_depth(),
        took,
        broken,
        never,
    }
}

/// Leaves out moves for as long as the promise is still broken at the end.
fn shortened<M>(
    model: &M,
    property: &Property<M>,
    path: Vec<(M::State, Option<M::Action>)>,
) -> Counterexample
where
    M: Model,
    M::State: fmt::Debug + Clone,
    M::Action: fmt::Debug + Clone + PartialEq,
{
    let start = path[0].0.clone();
    let mut moves: Vec<M::Action> = path.into_iter().filter_map(|(_, a_move)| a_move).collect();
    let mut index = 0;
    while index < moves.len() {
        let mut fewer = moves.clone();
        fewer.remove(index);
        match replay(model, property, &start, &fewer) {
            Some((used, _)) => {
                fewer.truncate(used);
                moves = fewer;
                index = 0;
            }
            None => index += 1,
        }
    }
    let end = replay(model, property, &start, &moves).map(|(_, end)| format!("{end:?}"));
    Counterexample {
        promise: property.name,
        moves: moves.iter().map(|a_move| format!("{a_move:?}")).collect(),
        end: end.unwrap_or_default(),
    }
}

/// After how many of the moves the promise is broken, and the state then; `None` if it is not, or if they can't be made.
fn replay<M>(
    model: &M,
    property: &Property<M>,
    start: &M::State,
    moves: &[M::Action],
) -> Option<(usize, M::State)>
where
    M: Model,
    M::State: Clone,
    M::Action: Clone + PartialEq,
{
    let mut state = start.clone();
    let mut possible = Vec::new();
    for (index, a_move) in moves.iter().enumerate() {
        possible.clear();
        model.actions(&state, &mut possible);
        if !possible.contains(a_move) {
            return None;
        }
        state = model.next_state(&state, a_move.clone())?;
        if !model.within_boundary(&state) {
            return None;
        }
        if !(property.condition)(model, &state) {
            return Some((index + 1, state));
        }
    }
    None
}

impl Outcome {
    /// Every promise was kept, and everything seen that should be possible.
    pub fn holds(&self) -> bool {
        self.broken.is_empty() && self.never.is_empty()
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} states, {} of them different, depth {}, {:.1} s",
            self.states,
            self.unique,
            self.depth,
            self.took.as_secs_f64()
        )?;
        for name in &self.never {
            write!(f, "\n  never seen: {name}")?;
        }
        for counterexample in &self.broken {
            write!(f, "\n  BROKEN: {}", counterexample.promise)?;
            for (number, a_move) in counterexample.moves.iter().enumerate() {
                write!(f, "\n  {:>4}. {a_move}", number + 1)?;
            }
            write!(f, "\n  ends in {}", counterexample.end)?;
        }
        Ok(())
    }
}
