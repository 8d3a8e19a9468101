using System.CommandLine.Parsing;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Failures;
using Cluster.Lab.Experiments;
using Cluster.Lab.Reports;

namespace Cluster.Cli.Experiments;

/// <summary>The options of an experiment.</summary>
internal sealed class LabArguments
{
    private static readonly ExperimentOptions Defaults = new() { Out = "", NodePath = "" };

    // The recorder's bound, less the calls after --seconds: the end of the experiment and the drain.
    private const int MostCalls = 800_000;

    private readonly Option<int?> _seed = new("--seed")
    {
        HelpName = "N",
        Description = "Chooses the calls and the victim (even: the node with most objects; odd: the one "
            + "that places the shards) [default: at random]",
        CustomParser = result => Words.Number(result, int.MinValue, int.MaxValue),
    };

    private readonly Option<double> _seconds = new("--seconds")
    {
        HelpName = "N",
        Description = "How long the clients work at least",
        DefaultValueFactory = _ => Defaults.Duration.TotalSeconds,
        CustomParser = result => Words.Read<double>(result, TrySeconds, "a number of seconds, from 5 to 3600"),
    };

    private readonly Option<int> _nodes = CommonOptions.Number(
        "--nodes", "Nodes; 3 at least for pause, partition and asymmetric", Defaults.Nodes, 2, 9);
    private readonly Option<int> _rate = CommonOptions.Number(
        "--rate", "Calls a second", (int)Defaults.CallsPerSecond, 1, 20_000);
    private readonly Option<int> _clients = CommonOptions.Number("--clients", "Clients", Defaults.Clients, 1, 1_000);
    private readonly Option<int> _parked = CommonOptions.Number(
        "--parked", "Callers that are blocked all the time", Defaults.Parked, 0, 5_000);

    private readonly Option<string?> _journal = new("--journal")
    {
        HelpName = "JOURNAL",
        Description = "sqlite (one file for all nodes), postgres (a server of the experiment's own) or postgres://... "
            + "[default: postgres if it is installed]",
    };

    private readonly Option<string> _profile = new("--profile")
    {
        HelpName = "default|fast",
        Description = "How soon nodes give each other up",
        DefaultValueFactory = _ => Defaults.Profile,
    };

    private readonly Option<string?> _out = new("--out")
    {
        HelpName = "DIR",
        Description = "For the report, the history and the nodes' output [default: lab/EXPERIMENT-SEED]",
    };

    private readonly Option<bool> _keep = new("--keep") { Description = "Keep the journal" };

    private readonly Option<string?> _nodePath = new("--node-path")
    {
        HelpName = "PATH", Description = "cluster-node.dll [default: beside the tool, or in the checkout]",
    };

    private readonly Option<string?> _cluster = new("--cluster")
    {
        HelpName = "ADDRESS,...",
        Description =
            "Gateways of a cluster that is there, one of each node [default: the experiment starts a cluster]",
    };

    private readonly Option<string?> _via = new("--via")
    {
        HelpName = "docker",
        Description = "How the nodes of --cluster are hurt: their containers are killed, paused, cut off",
    };

    private readonly Option<string?> _containers = new("--containers")
    {
        HelpName = "NAME,...",
        Description = "The nodes' containers, in the order of --cluster [default: those of Compose with these ports]",
    };

    private readonly Option<string?> _journalContainer = new("--journal-container")
    {
        HelpName = "NAME", Description = "The journal's container [default: service postgres of the nodes' project]",
    };

    public void AddTo(Command command, ExperimentKind kind)
    {
        // An experiment that starts its own nodes only says why it refuses these.
        foreach (var option in (Option[])[_cluster, _via, _containers, _journalContainer])
            option.Hidden = StartsItsNodes(kind);
        Option[] options =
        [
            _seed, _seconds, _nodes, _journal, _profile, _rate, _clients, _parked, _out, _keep, _nodePath,
            _cluster, _via, _containers, _journalContainer,
        ];
        foreach (var option in options) command.Add(option);
        _profile.Validators.Add(result => OneOf(result, "--profile", "default", "fast"));
        _via.Validators.Add(result => OneOf(result, "--via", "docker"));
    }

    private static void OneOf(OptionResult result, string name, params string[] known)
    {
        var given = result.Tokens.Count > 0 ? result.Tokens[0].Value : "";
        if (!result.Implicit && !known.Contains(given))
            result.AddError($"{name}: '{given}' is not {string.Join(" or ", known)}");
    }

    /// <summary>The options on the command line.</summary>
    /// <exception cref="UsageException">A value makes no sense.</exception>
    public ExperimentOptions Read(ParseResult parsed, ExperimentKind kind)
    {
        var seed = parsed.GetValue(_seed) ?? Random.Shared.Next(1, 1_000_000);
        var journal = parsed.GetValue(_journal);
        if (journal is not (null or "sqlite" or "postgres")
            && !(Uri.TryCreate(journal, UriKind.Absolute, out var uri)
                && uri is { Scheme: "postgres" or "postgresql", Host.Length: > 0 }))
            throw new UsageException(
                $"--journal: '{journal}' is not sqlite, postgres or postgres://USER:PASSWORD@HOST:PORT/DATABASE");
        if (kind == ExperimentKind.Journal && journal is not (null or "sqlite" or "postgres"))
            throw new UsageException(
                "--journal: this experiment kills the journal, so it takes sqlite or postgres only");
        if (kind == ExperimentKind.Disk && journal is not (null or "sqlite" or "postgres"))
            throw new UsageException(
                "--journal: this experiment makes the disk of the journal, so it takes sqlite or postgres only");
        var (cluster, containers) = ReadCluster(parsed);
        if (cluster.Length > 0 && StartsItsNodes(kind))
            throw new UsageException(
                $"--cluster: {JsonReport.NameOf(kind)} starts its own nodes, because containers cannot be hurt so");
        if (cluster.Length > 0 && parsed.GetResult(_nodes) is { Implicit: false })
            throw new UsageException("--nodes: a cluster that is there has as many as --cluster names");
        var nodes = cluster.Length > 0 ? cluster.Length : parsed.GetValue(_nodes);
        if (nodes < LeastNodes(kind))
        {
            throw new UsageException(
                $"{(cluster.Length > 0 ? "--cluster" : "--nodes")}: {JsonReport.NameOf(kind)} needs "
                + $"{LeastNodes(kind)} nodes at least: only a majority gives up a node that is silent, and with "
                + $"{nodes} the others are none");
        }

        var (seconds, rate) = (parsed.GetValue(_seconds), parsed.GetValue(_rate));
        if (seconds * rate > MostCalls)
            throw new UsageException(
                $"--seconds, --rate: {seconds} s at {rate} calls/s are more than the {MostCalls} calls "
                + "that are recorded");
        return Defaults with
        {
            Cluster = cluster,
            Containers = containers,
            JournalContainer = parsed.GetValue(_journalContainer),
            Kind = kind,
            Seed = seed,
            Duration = TimeSpan.FromSeconds(seconds),
            Nodes = nodes,
            Journal = journal,
            Profile = parsed.GetValue(_profile)!,
            CallsPerSecond = rate,
            Clients = parsed.GetValue(_clients),
            Parked = parsed.GetValue(_parked),
            Out = Path.GetFullPath(parsed.GetValue(_out) ?? Path.Combine("lab", $"{JsonReport.NameOf(kind)}-{seed}")),
            Keep = parsed.GetValue(_keep),
            NodePath = parsed.GetValue(_nodePath) is { } path ? Path.GetFullPath(path) : FindNode(),
        };
    }

    private static bool StartsItsNodes(ExperimentKind kind) => kind >= ExperimentKind.Clock;

    // Of two nodes neither is a majority, so none may declare the other dead for being silent. A killed node is known
    // to be dead, so two are enough for failover.
    private static int LeastNodes(ExperimentKind kind) =>
        kind is ExperimentKind.Pause or ExperimentKind.Partition or ExperimentKind.Asymmetric ? 3 : 2;

    private (string[] Cluster, string[] Containers) ReadCluster(ParseResult parsed)
    {
        var cluster = List(parsed.GetValue(_cluster));
        var containers = List(parsed.GetValue(_containers));
        if (cluster.Length == 0)
        {
            if (parsed.GetValue(_via) is not null || containers.Length > 0
                || parsed.GetValue(_journalContainer) is not null)
                throw new UsageException("--via, --containers and --journal-container go with --cluster");
            return ([], []);
        }

        if (parsed.GetValue(_via) is null)
            throw new UsageException("--cluster: say how its nodes are hurt: --via docker");
        if (parsed.GetValue(_journal) is not null)
            throw new UsageException("--journal: a cluster that is there has its own");
        if (cluster.Length < 2) throw new UsageException("--cluster: the gateways of two nodes at least are needed");
        if (containers.Length > 0 && containers.Length != cluster.Length)
            throw new UsageException("--containers: as many are needed as there are addresses in --cluster");
        string[] addresses = [.. cluster.Select(
            one => (one.Contains("://", StringComparison.Ordinal) ? one : $"http://{one}").TrimEnd('/'))];
        foreach (var address in addresses)
        {
            if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
                throw new UsageException($"--cluster: '{address}' is not an address such as http://127.0.0.1:5210");
        }

        return (addresses, containers);
    }

    private static string[] List(string? text) =>
        text?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];

    private static string FindNode()
    {
        const string Node = "cluster-node.dll";
        var here = AppContext.BaseDirectory;
        if (File.Exists(Path.Combine(here, Node))) return Path.Combine(here, Node);
        for (var folder = new DirectoryInfo(here); folder is not null; folder = folder.Parent)
        {
            // In a checkout: prefers the build configuration of the tool.
            var built = Path.Combine(folder.FullName, "src", "Cluster.Node", "bin");
            if (!Directory.Exists(built)) continue;
            var own = here.Contains("/Debug/", StringComparison.Ordinal) ? "/Debug/" : "/Release/";
            var found = Directory.GetFiles(built, Node, SearchOption.AllDirectories)
                .OrderBy(path => path.Contains(own, StringComparison.Ordinal) ? 0 : 1).FirstOrDefault();
            if (found is not null) return found;
        }

        return Node;
    }

    private static bool TrySeconds(string text, out double seconds) =>
        double.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out seconds)
        && seconds is >= 5 and <= 3_600;
}
