using System.Collections;
using System.CommandLine;
using System.CommandLine.Parsing;
using Akka.Configuration;
using Cluster.Node.Observing;
using Cluster.Node.Settings;
using Cluster.Node.Web;

namespace Cluster.Node.Hosting;

/// <summary>The command line of the node.</summary>
public static class NodeCommand
{
    private const int CannotStart = 1;
    private const int WrongSettings = 2;

    // The only code that container engines define for an unhealthy container.
    private const int NotReady = 1;

    // Longer than the shutdown time-out of the host. The default of 2 s would abort an orderly shutdown.
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(20);

    // The parser does not terminate on some malformed files.
    private static readonly TimeSpan ParserPatience = TimeSpan.FromSeconds(10);

    /// <summary>Parses and runs a command line; returns the exit code.</summary>
    public static Task<int> RunAsync(string[] arguments) => RunAsync(
        Create(NodeHost.RunAsync, Environment.GetEnvironmentVariables()),
        arguments,
        new InvocationConfiguration { ProcessTerminationTimeout = StopPatience });

    /// <summary>Like the other overload, with the streams for its output.</summary>
    internal static async Task<int> RunAsync(
        RootCommand command, string[] arguments, InvocationConfiguration configuration)
    {
        var parsed = command.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Errors.Count == 0) return await parsed.InvokeAsync(configuration);
        // The parser may report one mistake as several errors. An unknown word explains most.
        var mistake = parsed.UnmatchedTokens is [var word, ..]
            ? $"unknown option or argument '{word}'"
            : Explain(parsed.Errors[0]);
        await configuration.Error.WriteLineAsync($"cluster-node: {mistake}; cluster-node --help lists the options");
        return WrongSettings;
    }

    /// <summary>
    /// Creates the command.
    /// </summary>
    internal static RootCommand Create(
        Func<NodeOptions, Config, CancellationToken, Task<int>> run, IDictionary environment)
    {
        var defaults = new NodeOptions();
        var config = new Option<FileInfo>("--config")
        {
            Description = "A HOCON file: the node's settings in section ipc, Akka's in section akka",
        };
        var listen = Text(
            "--listen", "HOST:PORT",
            "Where the gateway listens (bare frames and gRPC): HOST:PORT, unix:PATH, or both, separated by a comma "
                + $"[default: {defaults.Listen}]");
        var advertise = Text("--advertise", "URL", "The address that clients are told to come to");
        var web = Text(
            "--web", "HOST:PORT",
            "Where health and metrics are served (HTTP/1.1), or none [default: 127.0.0.1, 1000 above "
                + "the port of --listen]");
        var health = new Option<string?>("--health")
        {
            HelpName = "URL",
            Description = "Ask the node with these settings, or at URL, whether it is ready: exits with 0 or 1",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var data = Text("--data", "DIR", $"The directory of the embedded journal [default: {defaults.Data}]");
        var journal = Text(
            "--journal", "JOURNAL",
            "sqlite (in --data), sqlite:FILE (shared by nodes of one machine), or "
                + "postgres://USER:PASSWORD@HOST:PORT/DATABASE [default: sqlite]");
        var remote = Text(
            "--remote", "HOST:PORT", "Where nodes talk to each other [default: a free port of 127.0.0.1]");
        var remoteBind = Text(
            "--remote-bind", "HOST:PORT",
            "Where to listen for them if not there, as in a container [default: --remote]");
        var seeds = Text("--seed-nodes", "HOST:PORT,...", "Nodes to join [default: none, start a cluster]");
        var linePort = new Option<int?>("--line-port")
        {
            HelpName = "PORT",
            Description = "Where nodes watch each other, at the host of --remote [default: a free port]",
        };
        var role = Text("--role", "ROLE,...", "Roles of this node, shown by ipc cluster [default: none]");
        var profile = Text("--profile", "PROFILE", "default, or fast: give up silent nodes sooner [default: default]");
        var insecure = new Option<bool>("--insecure")
        {
            Description = "Listen beyond loopback without a certificate, and let nodes talk to each other without TLS",
        };
        var certificate = Text("--tls-certificate", "FILE", "The certificate of the gateway, PEM [default: no TLS]");
        var key = Text("--tls-key", "FILE", "The private key of the certificate, PEM");
        var authority = Text(
            "--tls-authority", "FILE", "Who signs the certificates of clients, PEM [default: clients have none]");
        var revoked = Text("--tls-revoked", "FILE", "Serial numbers of certificates that are not valid any more");
        var policy = Text("--policy", "FILE", "Which identities there are, and what each may: JSON (docs/security.md)");
        var jwtKeys = Text("--jwt-keys", "FILE", "The keys of the issuer of tokens (JWT): a JSON Web Key Set");
        var jwtIssuer = Text("--jwt-issuer", "NAME", "The issuer of tokens: their claim iss");
        var jwtAudience = Text("--jwt-audience", "NAME", "The audience of tokens: their claim aud");
        var trust = Text(
            "--trust-loopback", "FLAG",
            "on or off: callers on loopback are who they say they are [default: on, if the node listens there alone and has "
                + "neither a certificate nor a policy]");
        var audit = Text(
            "--audit", "WHERE", "Who came in, was refused, gave orders and removed objects: none, log or file:PATH [default: "
                + "log, or none if callers are trusted]");
        var passivate = new Option<int?>("--passivate-after")
        {
            HelpName = "SECONDS",
            Description = $"Take an idle object out of memory after so long [default: {defaults.PassivateAfter}]",
        };
        var log = Text("--log", "FORMAT", $"line, or json: an object a line [default: {defaults.Log}]");
        var noGroupCommit = new Option<bool>("--benchmark-no-group-commit") { Hidden = true };
        var command = new RootCommand("A node of a cluster that is an IPC kernel: System V and POSIX IPC between machines.")
        {
            config, listen, advertise, web, data, journal, remote, remoteBind, seeds, linePort, role, profile, insecure,
            certificate, key, authority, revoked, policy, jwtKeys, jwtIssuer, jwtAudience, trust, audit, log, passivate, health,
            noGroupCommit,
        };
        command.SetAction(async (parsed, cancelled) =>
        {
            var asksHealth = parsed.GetResult(health) is not null;
            try
            {
                var path = parsed.GetValue(config);
                var (file, fromFile) = await LoadAsync(path, defaults);
                var options = SettingsFile.Apply(fromFile, environment);
                options = options with
                {
                    Listen = parsed.GetValue(listen) ?? options.Listen,
                    Advertise = parsed.GetValue(advertise) ?? options.Advertise,
                    Web = parsed.GetValue(web) ?? options.Web,
                    Data = parsed.GetValue(data) ?? options.Data,
                    Journal = parsed.GetValue(journal) ?? options.Journal,
                    Remote = parsed.GetValue(remote) ?? options.Remote,
                    RemoteBind = parsed.GetValue(remoteBind) ?? options.RemoteBind,
                    SeedNodes = parsed.GetValue(seeds) ?? options.SeedNodes,
                    LinePort = parsed.GetValue(linePort) ?? options.LinePort,
                    Roles = parsed.GetValue(role) ?? options.Roles,
                    Profile = parsed.GetValue(profile) ?? options.Profile,
                    Insecure = parsed.GetValue(insecure) || options.Insecure,
                    TlsCertificate = parsed.GetValue(certificate) ?? options.TlsCertificate,
                    TlsKey = parsed.GetValue(key) ?? options.TlsKey,
                    TlsAuthority = parsed.GetValue(authority) ?? options.TlsAuthority,
                    TlsRevoked = parsed.GetValue(revoked) ?? options.TlsRevoked,
                    Policy = parsed.GetValue(policy) ?? options.Policy,
                    JwtKeys = parsed.GetValue(jwtKeys) ?? options.JwtKeys,
                    JwtIssuer = parsed.GetValue(jwtIssuer) ?? options.JwtIssuer,
                    JwtAudience = parsed.GetValue(jwtAudience) ?? options.JwtAudience,
                    TrustLoopback = parsed.GetValue(trust) is { } trusts
                        ? SettingsFile.Flag("trust-loopback", trusts)
                        : options.TrustLoopback,
                    Audit = parsed.GetValue(audit) ?? options.Audit,
                    Log = parsed.GetValue(log) ?? options.Log,
                    PassivateAfter = parsed.GetValue(passivate) ?? options.PassivateAfter,
                    BenchmarkNoGroupCommit = parsed.GetValue(noGroupCommit),
                };
                if (options.Validate() is { } wrong) throw new SettingsException(wrong);
                // Checked last: it depends on the profile, which the command line may choose.
                if (AkkaSettings.FindError(options, file) is { } misset)
                    throw new SettingsException($"config: {path?.FullName}: {misset}");
                if (asksHealth) return AskHealth(parsed, HealthProbe.Locate(parsed.GetValue(health), options));
                if (Telemetry.FindError(environment) is { } misled) throw new SettingsException(misled);
                return await run(options, file, cancelled);
            }
            catch (SettingsException exception)
            {
                return await RefuseAsync(parsed, exception.Message, asksHealth ? NotReady : WrongSettings);
            }
            catch (StartException exception)
            {
                return await RefuseAsync(parsed, exception.Message, CannotStart);
            }
            catch (Exception exception)
            {
                // Most likely Akka refuses a value of section akka, and its message names it.
                return await RefuseAsync(parsed, $"cannot start: {LineFormatter.Explain(exception)}", CannotStart);
            }
        });
        return command;
    }

    // The parser's own message would name a .NET type.
    private static string Explain(ParseError error)
    {
        var option = error.SymbolResult as OptionResult ?? error.SymbolResult?.Parent as OptionResult;
        return option is { Tokens: [var word] } && Expected(option.Option) is { } expected
            ? $"{option.Option.Name}: '{word.Value}' is not {expected}"
            : error.Message.ReplaceLineEndings(" ").TrimEnd('.');
    }

    private static string? Expected(Option option) => option.Name switch
    {
        "--passivate-after" => NodeOptions.Seconds,
        "--line-port" => NodeOptions.Port,
        "--config" => "the path of a file",
        _ => null,
    };

    private static Option<string?> Text(string name, string value, string description) =>
        new(name) { HelpName = value, Description = description };

    private static int AskHealth(ParseResult parsed, Uri url) =>
        HealthProbe.Ask(url, parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);

    private static async Task<int> RefuseAsync(ParseResult parsed, string message, int exitCode)
    {
        await parsed.InvocationConfiguration.Error.WriteLineAsync($"cluster-node: {message.ReplaceLineEndings(" ")}");
        return exitCode;
    }

    private static async Task<(Config File, NodeOptions Options)> LoadAsync(FileInfo? file, NodeOptions defaults)
    {
        if (file is null) return (Config.Empty, defaults);
        try
        {
            var text = await File.ReadAllTextAsync(file.FullName);
            if (HoconSyntax.FindError(text) is { } wrong) throw new SettingsException(wrong);
            var config = await Task.Run(() => ConfigurationFactory.ParseString(text)).WaitAsync(ParserPatience);
            return (config, SettingsFile.Apply(defaults, config));
        }
        catch (SettingsException exception)
        {
            throw new SettingsException($"config: {file.FullName}: {exception.Message}");
        }
        catch (TimeoutException)
        {
            throw new SettingsException($"config: cannot read {file.FullName}: it is not HOCON");
        }
        catch (Exception exception)
        {
            // The parser throws exceptions of many types. The cause is always the file.
            throw new SettingsException($"config: cannot read {file.FullName}: {exception.Message}");
        }
    }
}
