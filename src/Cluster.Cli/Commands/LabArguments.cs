using System.CommandLine;
using Cluster.Lab.Experiments;
using Cluster.Lab.Reports;

namespace Cluster.Cli.Commands;

/// <summary>What an experiment is told.</summary>
internal sealed class LabArguments
{
    private static readonly ExperimentOptions Defaults = new() { Out = "", NodePath = "" };

    private readonly Option<int?> _seed = new("--seed")
    {
        HelpName = "N", Description = "Chooses the calls and the victim (even: the node with most objects; odd: the one "
            + "that places the shards) [default: at random]",
    };

    private readonly Option<double> _seconds = new("--seconds")
    {
        HelpName = "N",
        Description = "How long the clients work at least",
        DefaultValueFactory = _ => Defaults.Duration.TotalSeconds,
        CustomParser = result => Words.Read<double>(result, TrySeconds, "a number of seconds, from 5 to 3600"),
    };

    private readonly Option<int> _nodes = Number("--nodes", "Nodes", Defaults.Nodes, 2, 9);
    private readonly Option<int> _rate = Number("--rate", "Calls a second", (int)Defaults.CallsPerSecond, 1, 20_000);
    private readonly Option<int> _clients = Number("--clients", "Clients", Defaults.Clients, 1, 1_000);
    private readonly Option<int> _parked = Number("--parked", "Callers that are blocked all the time", Defaults.Parked, 0, 5_000);

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
        HelpName = "DIR", Description = "For the report, the history and the nodes' output [default: lab/EXPERIMENT-SEED]",
    };

    private readonly Option<bool> _keep = new("--keep") { Description = "Keep the journal" };

    private readonly Option<string?> _nodePath = new("--node-path")
    {
        HelpName = "PATH", Description = "cluster-node.dll [default: beside the tool, or in the checkout]",
    };

    public void AddTo(Command command)
    {
        Option[] options =
        [
            _seed, _seconds, _nodes, _journal, _profile, _rate, _clients, _parked, _out, _keep, _nodePath,
        ];
        foreach (var option in options) command.Add(option);
        _profile.AcceptOnlyFromAmong("default", "fast");
    }

    /// <summary>What the command line says.</summary>
    /// <exception cref="UsageException">It makes no sense.</exception>
    public ExperimentOptions Read(ParseResult parsed, ExperimentKind kind)
    {
        var seed = parsed.GetValue(_seed) ?? Random.Shared.Next(1, 1_000_000);
        var journal = parsed.GetValue(_journal);
        if (journal is not (null or "sqlite" or "postgres")
            && !(Uri.TryCreate(journal, UriKind.Absolute, out var uri) && uri.Scheme is "postgres" or "postgresql"))
            throw new UsageException($"--journal: '{journal}' is not sqlite, postgres or postgres://...");
        if (kind == ExperimentKind.Journal && journal is not (null or "sqlite" or "postgres"))
            throw new UsageException("--journal: this experiment kills the journal, so it takes sqlite or postgres only");
        return Defaults with
        {
            Kind = kind,
            Seed = seed,
            Duration = TimeSpan.FromSeconds(parsed.GetValue(_seconds)),
            Nodes = parsed.GetValue(_nodes),
            Journal = journal,
            Profile = parsed.GetValue(_profile)!,
            CallsPerSecond = parsed.GetValue(_rate),
            Clients = parsed.GetValue(_clients),
            Parked = parsed.GetValue(_parked),
            Out = Path.GetFullPath(parsed.GetValue(_out) ?? Path.Combine("lab", $"{JsonReport.NameOf(kind)}-{seed}")),
            Keep = parsed.GetValue(_keep),
            NodePath = parsed.GetValue(_nodePath) is { } path ? Path.GetFullPath(path) : FindNode(),
        };
    }

    private static string FindNode()
    {
        const string Node = "cluster-node.dll";
        var here = AppContext.BaseDirectory;
        if (File.Exists(Path.Combine(here, Node))) return Path.Combine(here, Node);
        for (var folder = new DirectoryInfo(here); folder is not null; folder = folder.Parent)
        {
            // In the checkout: of the same configuration as the tool if it is there.
            var built = Path.Combine(folder.FullName, "src", "Cluster.Node", "bin");
            if (!Directory.Exists(built)) continue;
            var own = here.Contains("/Debug/", StringComparison.Ordinal) ? "/Debug/" : "/Release/";
            var found = Directory.GetFiles(built, Node, SearchOption.AllDirectories)
                .OrderBy(path => path.Contains(own, StringComparison.Ordinal) ? 0 : 1).FirstOrDefault();
            if (found is not null) return found;
        }

        return Node;
    }

    private static Option<int> Number(string name, string description, int value, int least, int most) => new(name)
    {
        HelpName = "N",
        Description = description,
        DefaultValueFactory = _ => value,
        CustomParser = result => Words.Number(result, least, most),
    };

    private static bool TrySeconds(string text, out double seconds) =>
        double.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out seconds) && seconds is >= 5 and <= 3_600;
}
