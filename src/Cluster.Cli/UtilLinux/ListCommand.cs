using System.CommandLine.Parsing;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Kinds;
using Cluster.Cli.Output;

namespace Cluster.Cli.UtilLinux;

/// <summary>ipcs(1). It writes a long listing while the objects still come.</summary>
internal static class ListCommand
{
    private const string Description = """
        Show IPC objects, as ipcs(1) does, in the order of their ids. Of several output options the last one
        counts. JSON is an array of one kind, or an object with an array for each.

        Examples:
          ipc ipcs
          ipc ipcs -q -t
          ipc ipcs -m -i 0
          ipc ipcs -s --json
        """;

    public static Command Create(Globals globals)
    {
        var options = new ListOptions();
        var command = new UtilLinuxCommand("ipcs", Description);
        options.AddTo(command);
        globals.Run(command, (ipc, parsed, cancelled) =>
        {
            var json = globals.Json(parsed);
            var kinds = options.Kinds.Kinds(parsed, parsed.GetValue(options.All));
            var viewer = new Viewer(ipc, options.Unit(parsed), globals.Time.GetUtcNow());
            var listing = new Listing(globals.Out, kinds, viewer);
            if (parsed.GetValue(options.Id) is { } id) return listing.OneAsync(id, json, cancelled);
            return options.Format(parsed) switch
            {
                'l' => listing.SectionsAsync((kind, viewer) => kind.LimitsAsync(viewer, cancelled), json),
                'u' => listing.SectionsAsync((kind, viewer) => kind.SummaryAsync(viewer, cancelled), json),
                _ when json => listing.JsonAsync(cancelled),
                't' => listing.TablesAsync(Layout.Times, cancelled),
                'p' => listing.TablesAsync(Layout.Pids, cancelled),
                'c' => listing.TablesAsync(Layout.Creators, cancelled),
                _ => listing.TablesAsync(Layout.Default, cancelled),
            };
        });
        return command;
    }

    private sealed class ListOptions
    {
        private static readonly string[] Formats = ["--time", "--pid", "--creator", "--limits", "--summary"];

        private readonly Option<bool> _human = new("--human") { Description = "Sizes as 15.8K" };
        private readonly Option<bool> _bytes = new("--bytes", "-b") { Description = "Sizes in bytes" };

        private readonly Option[] _flags =
        [
            Flag("--time", "-t", "Times of the last calls and of the last change"),
            Flag("--pid", "-p", "Creators of segments, and who called last"),
            Flag("--creator", "-c", "Creators and owners"),
            Flag("--limits", "-l", "Limits of the namespace"),
            Flag("--summary", "-u", "What is in use"),
        ];

        public KindOptions<SystemVKind> Kinds { get; } = new(CliKinds.By(order => order.Shown));

        public Option<bool> All { get; } = Flag("--all", "-a", "All kinds (the default)");

        public Option<int?> Id { get; } = CommonOptions.Id(
            "--id",
            $"Details of one object, with one of "
                + Words.List(CliKinds.By(order => order.Shown).Select(kind => $"-{kind.Names.Letter}"), "and"),
            "-i");

        public void AddTo(Command command)
        {
            Kinds.AddTo(command);
            foreach (var option in new Option[] { All }.Concat(_flags).Concat([Id, _human, _bytes]))
                command.Add(option);
            command.Exclude(_human, _bytes);
            command.Validators.Add(result =>
            {
                if (result.GetResult(Id) is { Implicit: false }
                    && (Kinds.Count(result.GetValue) != 1 || result.GetValue(All)))
                    result.AddError("ipcs: when using an ID, a single resource must be specified");
            });
        }

        public SizeUnit Unit(ParseResult parsed) => parsed.GetValue(_human) ? SizeUnit.Human
            : parsed.GetValue(_bytes) ? SizeUnit.Bytes : SizeUnit.Default;

        /// <summary>The letter of the last output option; a space if there is none.</summary>
        public char Format(ParseResult parsed) => parsed.CommandResult.Children.OfType<OptionResult>()
            .Where(result => !result.Implicit && Formats.Contains(result.Option.Name))
            .Select(result => result.Option.Name is "--summary" ? 'u' : result.Option.Name[2])
            .LastOrDefault(' ');

        private static Option<bool> Flag(string name, string letter, string description) =>
            new(name, letter) { Description = description };
    }
}
