//! What is on its way: requests, answers and pushes, and what becomes of them.

use core::time::Duration;

use confcall_join::api::{Request, Response, RpcError, Service as _, Update};
use confcall_join::engine::{Input, Outcome, RequestId};
use confcall_server::faults::Strike;
use confcall_state::UserId;

use super::{NodeId, World};
use crate::hostility::Hostility;
use crate::node::Asked;
use crate::rule::Verdict;

/// How long a client waits for an answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// What can happen.
#[derive(Debug)]
pub(super) enum Happening {
    Request {
        asker: Asker,
        connection: u32,
        body: Box<Request>,
        verdict: Verdict,
    },
    Answer {
        asker: Asker,
        connection: u32,
        outcome: Outcome,
    },
    Push {
        node: NodeId,
        connection: u32,
        update: Update,
    },
    Wake {
        node: NodeId,
    },
}

/// Who waits for an answer: a client in one of its lives, and its request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asker {
    node: NodeId,
    life: u32,
    request: RequestId,
}

impl World {
    pub(super) fn send(&mut self, node: NodeId, request: RequestId, body: Request) {
        let kind = confcall_join::policy::CallKind::Conference;
        let checked = confcall_join::policy::check_bytes(kind, &body.to_tl());
        checked.expect("an engine asks nothing that the policy forbids");
        assert!(
            self.nodes[node].ended.is_none(),
            "nothing is asked after the end"
        );
        let verdict = self.verdict(node, &body);
        self.nodes[node].asked.push(Asked {
            at: self.now,
            body: body.clone(),
        });
        let asker = Asker {
            node,
            life: self.lives[node],
            request,
        };
        if matches!(verdict, Verdict::Lose | Verdict::LoseAnswer) {
            let happening = Happening::Answer {
                asker,
                connection: self.connection,
                outcome: Outcome::Lost,
            };
            self.agenda.add(self.now + PATIENCE, happening);
        }
        if !matches!(verdict, Verdict::Lose) {
            let happening = Happening::Request {
                asker,
                connection: self.connection,
                body: Box::new(body),
                verdict,
            };
            let delay = self.faults.delay(&mut self.rng);
            self.agenda.add(self.now + delay, happening);
        }
    }

    /// What becomes of a request: by an outage or a rule, else by the faults of the network.
    fn verdict(&mut self, node: NodeId, body: &Request) -> Verdict {
        if self.now < self.outage_until {
            self.count(Some("requests in outages"));
            return Verdict::Lose;
        }
        let user = self.nodes[node].user;
        let ruled = self
            .rules
            .iter_mut()
            .find_map(|rule| rule.apply(user, body));
        ruled.unwrap_or_else(|| {
            let strike = self.faults.strike(&mut self.rng);
            self.count(match strike {
                Strike::None => None,
                Strike::LostRequest => Some("lost requests"),
                Strike::LostAnswer => Some("lost answers"),
                Strike::Flood => Some("flood waits"),
                Strike::Failure => Some("failures"),
                Strike::FailureAfter => Some("failures of what was done"),
            });
            match (strike, strike.refusal()) {
                (Strike::LostRequest, _) => Verdict::Lose,
                (Strike::LostAnswer, _) => Verdict::LoseAnswer,
                (_, None) => Verdict::Pass,
                (_, Some(error)) if strike.is_carried_out() => Verdict::RefuseAfter(error),
                (_, Some(error)) => Verdict::Refuse(error),
            }
        })
    }

    fn count(&mut self, fault: Option<&'static str>) {
        if let Some(fault) = fault {
            *self.struck.entry(fault).or_default() += 1;
        }
    }

    pub(super) fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Request {
                asker,
                connection,
                body,
                verdict,
            } => {
                let outcome = match connection == self.connection {
                    true => self.carry_out(asker, &body, verdict),
                    false => Some(Outcome::Lost),
                };
                if let Some(outcome) = outcome {
                    let delay = self.faults.delay(&mut self.rng);
                    let happening = Happening::Answer {
                        asker,
                        connection: self.connection,
                        outcome,
                    };
                    self.agenda.add(self.now + delay, happening);
                }
            }
            Happening::Answer {
                asker,
                connection,
                outcome,
            } => {
                let request = asker.request;
                let outcome = match connection == self.connection {
                    true => outcome,
                    false => Outcome::Lost,
                };
                if asker.life == self.lives[asker.node] {
                    self.input(asker.node, Input::Answer { request, outcome });
                }
            }
            Happening::Push {
                node,
                connection,
                update,
            } => {
                if connection == self.connection {
                    self.input(node, Input::Update(update));
                }
            }
            Happening::Wake { node } => {
                let wake = self.nodes[node].wake;
                if wake.is_some_and(|wake| wake <= self.moment()) {
                    self.input(node, Input::Tick);
                }
            }
        }
    }

    /// What the server says to a request that has arrived; `None` if its answer will not.
    fn carry_out(&mut self, asker: Asker, body: &Request, verdict: Verdict) -> Option<Outcome> {
        if let Verdict::Refuse(error) = verdict {
            return Some(Outcome::Refused(error));
        }
        if let Verdict::Answer(response) = verdict {
            return Some(Outcome::Done(response));
        }
        let user = self.nodes[asker.node].user;
        let answered = match &mut self.hostility {
            Some(hostility) => hostility.answer(&mut self.server, user, body),
            None => self.server.handle(user, &body.to_tl()),
        };
        self.push_out();
        match verdict {
            Verdict::LoseAnswer => None,
            Verdict::RefuseAfter(error) => Some(Outcome::Refused(error)),
            _ => Some(outcome(answered)),
        }
    }

    /// Sends out what the server wants to push.
    pub fn push_out(&mut self) {
        while let Some((user, update)) = self.server.poll_push() {
            match &mut self.hostility {
                Some(hostility) => {
                    let updates = hostility.push(user, update);
                    updates.into_iter().for_each(|one| self.push(user, &one));
                }
                None => self.push(user, &update),
            }
        }
        let spite = self.hostility.as_mut().map(Hostility::take_pushes);
        for (user, update) in spite.into_iter().flatten() {
            self.push(user, &update);
        }
    }

    /// Sends an update to all clients of a user.
    pub fn push(&mut self, user: UserId, update: &Update) {
        let nodes: Vec<_> = (0..self.nodes.len())
            .filter(|node| self.nodes[*node].user == user)
            .collect();
        for node in nodes {
            let is_cut = self.now < self.outage_until;
            let copies = match is_cut {
                true => 0,
                false => self.faults.copies(&mut self.rng),
            };
            self.count(match copies {
                0 if is_cut => Some("pushes in outages"),
                0 => Some("lost pushes"),
                1 => None,
                _ => Some("doubled pushes"),
            });
            for _ in 0..copies {
                let at = self.now + self.faults.delay(&mut self.rng);
                let push = Happening::Push {
                    node,
                    connection: self.connection,
                    update: update.clone(),
                };
                self.agenda.add(at, push);
            }
        }
    }
}

fn outcome(answered: Result<Response, RpcError>) -> Outcome {
    match answered {
        Ok(response) => Outcome::Done(response),
        Err(error) => Outcome::Refused(error),
    }
}
