//! What a key that is not its tenant's own may do: one line a route, everything else is refused.
//!
//! A student's key stands in a kiosk or a phone. It looks for the one photo of the person before the camera and
//! reads codes, and sees no list of people. A reviewer's key looks at everything and changes nothing but by jobs.

use axum::http::{Method, StatusCode};
use gradphoto_shared::job::Task;

use crate::keys::Scope;
use crate::problem::Problem;

/// Routes of students' keys.
const STUDENT: [(&str, &str); 2] = [("POST", "/v1/sessions/{session}/photos"), ("GET", "/v1/jobs/{id}")];
/// Routes of reviewers' keys beyond everything that only looks.
const REVIEWER: [(&str, &str); 3] = [
    ("PUT", "/v1/sessions/{session}/photos"),
    ("POST", "/v1/sessions/{session}/photos"),
    ("POST", "/v1/sessions/{session}/jobs"),
];
/// Tasks of students' jobs.
const STUDENT_TASKS: [Task; 2] = [Task::Search, Task::ReadCode];

impl Scope {
    /// Goes on where a key of this scope may use the route.
    pub(super) fn allow(self, method: &Method, route: &str) -> Result<(), Problem> {
        let is_listed = |routes: &[(&str, &str)]| routes.contains(&(method.as_str(), route));
        let may = match self {
            Self::Full => true,
            Self::Reviewer => method == Method::GET || is_listed(&REVIEWER),
            Self::Student => is_listed(&STUDENT),
        };
        may.then_some(()).ok_or_else(refusal)
    }

    /// Goes on where a key of this scope may ask for such a job.
    pub(super) fn allow_tasks(self, tasks: &[Task]) -> Result<(), Problem> {
        let may = match self {
            Self::Full | Self::Reviewer => true,
            Self::Student => !tasks.is_empty() && tasks.iter().all(|task| STUDENT_TASKS.contains(task)),
        };
        may.then_some(()).ok_or_else(refusal)
    }
}

fn refusal() -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "out_of_scope", "the key was made for less; use the tenant's own")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_students_key_finds_and_lists_nothing() {
        let photos = "/v1/sessions/{session}/photos";
        for (scope, method, route, may) in [
            (Scope::Student, Method::POST, photos, true),
            (Scope::Student, Method::PUT, photos, false),
            (Scope::Student, Method::GET, "/v1/jobs/{id}", true),
            (Scope::Student, Method::GET, "/v1/sessions/{session}/results", false),
            (Scope::Student, Method::GET, "/v1/sessions/{session}/searches", false),
            (Scope::Reviewer, Method::GET, "/v1/sessions/{session}/searches", true),
            (Scope::Reviewer, Method::POST, photos, true),
            (Scope::Reviewer, Method::DELETE, "/v1/sessions/{session}", false),
            (Scope::Reviewer, Method::POST, "/v1/sessions", false),
            (Scope::Full, Method::DELETE, "/v1/sessions/{session}", true),
        ] {
            assert_eq!(scope.allow(&method, route).is_ok(), may, "{scope:?} {method} {route}");
        }
        for task in Task::ALL {
            assert_eq!(Scope::Student.allow_tasks(&[task]).is_ok(), STUDENT_TASKS.contains(&task), "{task}");
            assert!(Scope::Reviewer.allow_tasks(&[task]).is_ok());
        }
        assert!(Scope::Student.allow_tasks(&[]).is_err());
        assert!(Scope::Student.allow_tasks(&[Task::Search, Task::Candidates]).is_err());
    }
}
