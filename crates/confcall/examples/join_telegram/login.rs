use std::sync::Arc;

use anyhow::{Context as _, bail};
use confcall_state::UserId;
use confcall_transport::grammers::signed_in_user;
use grammers_client::client::PasswordToken;
use grammers_client::{Client, SignInError};
use grammers_mtsender::SenderPool;
use grammers_session::storages::SqliteSession;
use grammers_tl_types::functions;

use crate::account::{self, Account};
use crate::terminal::{ask, ask_secretly};

/// Logs in with what is typed, and says who that is. Nothing is sent before the phone number is known.
pub(crate) async fn log_in(
    session: &Arc<SqliteSession>,
    account: &Account,
) -> anyhow::Result<UserId> {
    println!("nobody is logged in in {}", account.session.display());
    let phone = ask("phone number, with + and country code").await?;
    let parameters = account::parameters();
    let pool = SenderPool::with_configuration(Arc::clone(session), account.api_id, parameters);
    let client = Client::new(pool.handle.clone());
    let running = tokio::spawn(pool.runner.run());
    let done = prove(&client, &phone, &account.api_hash).await;
    // Another pool uses the session from here on.
    pool.handle.quit();
    running.await?;
    done?;
    let own = signed_in_user(&**session).await?;
    own.context("the server did not say who logged in")
}

/// Proves by a code, and by a password if there is one, whose account it is.
async fn prove(client: &Client, phone: &str, api_hash: &str) -> anyhow::Result<()> {
    let token = client.request_login_code(phone, api_hash).await?;
    loop {
        let code = ask("login code, from Telegram or by SMS").await?;
        match client.sign_in(&token, &code).await {
            Ok(_) => return Ok(()),
            Err(SignInError::InvalidCode) => println!("this is not the code"),
            Err(SignInError::PasswordRequired(token)) => return give_password(client, token).await,
            Err(SignInError::SignUpRequired) => {
                bail!(
                    "there is no account with this number; create it with an official application"
                )
            }
            Err(error) => return Err(error.into()),
        }
    }
}

async fn give_password(client: &Client, mut token: PasswordToken) -> anyhow::Result<()> {
    loop {
        let hint = token
            .hint()
            .map(|hint| format!(" (hint: {})", hint.escape_debug()));
        let question = format!("password{}", hint.unwrap_or_default());
        let password = ask_secretly(&question).await?;
        match client.check_password(token, password).await {
            Ok(_) => return Ok(()),
            Err(SignInError::InvalidPassword(_)) => println!("this is not the password"),
            Err(error) => return Err(error.into()),
        }
        // What a proof is made of can be used once.
        let fresh = client.invoke(&functions::account::GetPassword {}).await?;
        token = PasswordToken::new(fresh.into());
    }
}
