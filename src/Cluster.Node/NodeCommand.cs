using System.Collections;
using System.CommandLine;
using Akka.Configuration;

namespace Cluster.Node;

/// <summary>The command line of the node.</summary>
public static class NodeCommand
{
    /// <summary>The command.</summary>
    public static RootCommand Create() => Create(NodeHost.RunAsync, Environment.GetEnvironmentVariables());

    /// <summary>The command, with what it runs once the settings are known to be right, and where it finds some.</summary>
    internal static RootCommand Create(
        Func<NodeOptions, Config, CancellationToken, Task<int>> run, IDictionary environment)
    {
        var defaults = new NodeOptions();
        var config = new Option<FileInfo>("--config")
        {
            Description = "A HOCON file: the node's settings in section ipc, Akka's in section akka",
        };
        var listen = Text("--listen", "HOST:PORT", $"Where the gateway listens (gRPC) [default: {defaults.Listen}]");
        var advertise = Text("--advertise", "URL", "The address that clients are told to come to");
        var data = Text("--data", "DIR", $"The directory of the embedded journal [default: {defaults.Data}]");
        var journal = Text(
            "--journal", "JOURNAL", "sqlite (in --data), sqlite:PATH (shared by nodes of one machine), or "
                + "postgres://USER:PASSWORD@HOST:PORT/DATABASE [default: sqlite]");
        var remote = Text("--remote", "HOST:PORT", "Where nodes talk to each other [default: a free port of 127.0.0.1]");
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
            Description = "Listen beyond loopback although there is no TLS and no authentication yet",
        };
        var passivate = new Option<int?>("--passivate-after")
        {
            HelpName = "SECONDS",
            Description = $"Take an idle object out of memory after so long [default: {defaults.PassivateAfter}]",
        };
        var noGroupCommit = new Option<bool>("--benchmark-no-group-commit") { Hidden = true };
        var command = new RootCommand("A node of a cluster that is an IPC kernel: System V IPC between machines.")
        {
            config, listen, advertise, data, journal, remote, seeds, linePort, role, profile, insecure, passivate, noGroupCommit,
        };
        command.SetAction(async (parsed, cancelled) =>
        {
            try
            {
                var file = Load(parsed.GetValue(config));
                var options = SettingsFile.Apply(SettingsFile.Apply(defaults, file), environment);
                options = options with
                {
                    Listen = parsed.GetValue(listen) ?? options.Listen,
                    Advertise = parsed.GetValue(advertise) ?? options.Advertise,
                    Data = parsed.GetValue(data) ?? options.Data,
                    Journal = parsed.GetValue(journal) ?? options.Journal,
                    Remote = parsed.GetValue(remote) ?? options.Remote,
                    SeedNodes = parsed.GetValue(seeds) ?? options.SeedNodes,
                    LinePort = parsed.GetValue(linePort) ?? options.LinePort,
                    Roles = parsed.GetValue(role) ?? options.Roles,
                    Profile = parsed.GetValue(profile) ?? options.Profile,
                    Insecure = parsed.GetValue(insecure) || options.Insecure,
                    PassivateAfter = parsed.GetValue(passivate) ?? options.PassivateAfter,
                    BenchmarkNoGroupCommit = parsed.GetValue(noGroupCommit),
                };
                if (options.Validate() is { } wrong) throw new SettingsException(wrong);
                return await run(options, file, cancelled);
            }
            catch (SettingsException exception)
            {
                await parsed.InvocationConfiguration.Error.WriteLineAsync($"cluster-node: {exception.Message}");
                return 2;
            }
        });
        return command;
    }

    private static Option<string?> Text(string name, string value, string description) =>
        new(name) { HelpName = value, Description = description };

    private static Config Load(FileInfo? file)
    {
        if (file is null) return Config.Empty;
        try
        {
            return ConfigurationFactory.ParseString(File.ReadAllText(file.FullName));
        }
        catch (Exception exception)
        {
            // The parser throws what it likes; whatever it is, the file is the reason.
            throw new SettingsException($"config: cannot read {file.FullName}: {exception.Message}");
        }
    }
}
