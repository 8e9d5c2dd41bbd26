//! The `isession` program: reads what it is told, and hands over to the library.

mod cli;
mod commands;
mod probe;

use std::io::IsTerminal;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use cli::{Cli, Command, Serve};
use isession_node::{Config, LEAKY_TARGETS, LogFormat, Node, SystemClock};
use tracing_subscriber::filter::{EnvFilter, LevelFilter, filter_fn};
use tracing_subscriber::fmt;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    if let Command::Check {
        url: Some(url),
        root_certificate,
    } = &cli.command
    {
        return probe::run(url, root_certificate.as_deref()).await;
    }
    match run(cli).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let mut message = error.to_string();
            let mut source = error.source();
            while let Some(cause) = source {
                message.push_str(&format!(": {cause}"));
                source = cause.source();
            }
            commands::complain(&message);
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> Result<(), Box<dyn std::error::Error>> {
    let mut settings = cli.settings;
    if let Command::Serve(flags) = &cli.command {
        settings.extend(as_settings(flags));
    }
    // Others' variables may be anything; a value of ours that is no text shows as one that is wrong.
    let environment = std::env::vars_os().filter_map(|(name, value)| {
        let name = name.into_string().ok()?;
        let own = name.starts_with("ISESSION_") && name != "ISESSION_CONFIG";
        own.then(|| (name, value.to_string_lossy().into_owned()))
    });
    let config = Config::load(cli.config.as_deref(), environment, &settings)?;
    match cli.command {
        Command::Serve(_) => serve(config).await,
        Command::Check { .. } => commands::check(config).await,
        Command::Agent(command) => commands::agent(&config, command).await,
        Command::Site(command) => commands::site(&config, command).await,
    }
}

/// The shortcuts of `serve`, as the settings that they stand for.
fn as_settings(flags: &Serve) -> Vec<String> {
    let named = [
        ("listen", &flags.listen),
        ("database", &flags.database),
        ("log", &flags.log),
    ];
    let mut settings: Vec<String> = named
        .into_iter()
        .filter_map(|(key, value)| value.as_ref().map(|value| format!("{key}={value}")))
        .collect();
    if flags.insecure_listen {
        settings.push("insecure_listen=true".to_owned());
    }
    settings
}

async fn serve(config: Config) -> Result<(), Box<dyn std::error::Error>> {
    start_logging(config.log)?;
    for warning in config.warnings() {
        tracing::warn!("{warning}");
    }
    let stop = stop_asked()?;
    let mut node = Node::start(config, Arc::new(SystemClock)).await?;
    // On standard output, for whoever started it with port 0; the log goes to standard error.
    let scheme = node.certificate().map_or("http", |_| "https");
    commands::say(&format!("isession serves {scheme}://{}", node.address()));
    if let Some(turn) = node.turn_address() {
        commands::say(&format!("isession relays udp {turn}"));
    }
    tracing::info!(port = node.address().port(), "serving");
    let failed = tokio::select! {
        () = stop => None,
        part = node.failed() => Some(part),
    };
    tracing::info!("stopping");
    node.stop().await;
    match failed {
        Some(part) => {
            Err(format!("the node stopped because this part of it failed: {part}").into())
        }
        None => Ok(()),
    }
}

/// Ready at SIGINT or SIGTERM.
fn stop_asked() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// `RUST_LOG` filters as usual, but never lets the libraries that log addresses speak.
fn start_logging(format: LogFormat) -> Result<(), Box<dyn std::error::Error>> {
    let asked = EnvFilter::builder()
        .with_default_directive(LevelFilter::INFO.into())
        .from_env()?;
    // A filter of its own: among those that are asked for, the most exact one would win.
    let discreet = filter_fn(|event| !is_leaky(event.target()));
    let log = fmt::layer().with_writer(std::io::stderr);
    let log = match format {
        LogFormat::Human => log.with_ansi(std::io::stderr().is_terminal()).boxed(),
        LogFormat::Json => log.json().boxed(),
    };
    tracing_subscriber::registry()
        .with(log.with_filter(discreet))
        .with(asked)
        .init();
    Ok(())
}

fn is_leaky(target: &str) -> bool {
    let (library, _) = target.split_once("::").unwrap_or((target, ""));
    LEAKY_TARGETS.contains(&library)
}
