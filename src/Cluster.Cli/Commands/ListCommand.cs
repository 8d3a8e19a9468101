using System.CommandLine;
using System.CommandLine.Parsing;
using Cluster.Cli.Output;

namespace Cluster.Cli.Commands;

/// <summary>ipcs(1). A long listing streams.</summary>
internal static class ListCommand
{
    private const string Description = """
        Show IPC objects, as ipcs(1) does. Of several output options the last one counts.

        Examples:
          ipc ipcs
          ipc ipcs -q -t
          ipc ipcs -q -i 0
        """;

    public static Command Create(Globals globals)
    {
        var options = new ListOptions();
        var command = new Command("ipcs", Description);
        options.AddTo(command);
        globals.Run(command, (ipc, parsed, cancelled) =>
        {
            var listing = new Listing(globals.Out, ipc, options.Unit(parsed), globals.Json(parsed));
            if (parsed.GetValue(options.Id) is { } id) return listing.OneAsync(id, cancelled);
            return options.Format(parsed) switch
            {
                'l' => listing.LimitsAsync(cancelled),
                'u' => listing.SummaryAsync(cancelled),
                _ when globals.Json(parsed) => listing.JsonAsync(cancelled),
                't' => listing.TableAsync(IpcsOutput.TimesTitle, IpcsOutput.Times, cancelled),
                'p' => listing.TableAsync(IpcsOutput.PidsTitle, IpcsOutput.Pids, cancelled),
                'c' => listing.TableAsync(IpcsOutput.CreatorsTitle, IpcsOutput.Creators, cancelled),
                _ => listing.TableAsync(cancelled),
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
            Flag("--queues", "-q", "Message queues (the default)"),
            Flag("--time", "-t", "Times of the last send, receive and change"),
            Flag("--pid", "-p", "The last sender and receiver"),
            Flag("--creator", "-c", "Creators and owners"),
            Flag("--limits", "-l", "Limits of the namespace"),
            Flag("--summary", "-u", "What is in use"),
        ];

        public Option<int?> Id { get; } = new("--id", "-i")
        {
            HelpName = "ID",
            Description = "Details of one queue",
            CustomParser = result => Words.Number(result, 0, int.MaxValue),
        };

        public void AddTo(Command command)
        {
            foreach (var option in _flags.Concat([Id, _human, _bytes])) command.Add(option);
            command.Exclude(_human, _bytes);
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
