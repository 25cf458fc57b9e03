use core::time::Duration;

use confcall_join::api::{AppConfig, GetAppConfig};

use super::*;

#[test]
fn the_configuration_is_that_of_the_options() {
    let mut scene = Scene::empty();
    let config = |scene: &mut Scene| scene.ask(BOB, GetAppConfig).unwrap().into_app_config();
    let expected = AppConfig {
        conference_size_limit: Some(200),
        ring_timeout_ms: Some(45_000),
    };
    assert_eq!(config(&mut scene), Ok(expected));
    let limits = Limits {
        participants: 5,
        ..Limits::default()
    };
    scene.server = Server::new(ServerOptions {
        limits,
        ring_timeout: Duration::from_millis(1500),
        ..ServerOptions::default()
    });
    let expected = AppConfig {
        conference_size_limit: Some(5),
        ring_timeout_ms: Some(1500),
    };
    assert_eq!(config(&mut scene), Ok(expected));
}
