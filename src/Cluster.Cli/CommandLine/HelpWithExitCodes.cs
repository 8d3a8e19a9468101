using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Cluster.Cli.CommandLine;

/// <summary>--help of any command: the text of the library, and then the exit codes.</summary>
internal sealed class HelpWithExitCodes(HelpAction help) : SynchronousCommandLineAction
{
    private const string Ordinary =
        "0 done; 1 a call failed; 2 usage; 3 no node answers; 124 timed out; 128 + N killed by signal N; "
        + "130 interrupted";

    /// <summary>Shows the exit codes in the help of a command and of all its subcommands.</summary>
    public static void AddTo(RootCommand root)
    {
        foreach (var option in root.Options.OfType<HelpOption>())
        {
            if (option.Action is HelpAction help) option.Action = new HelpWithExitCodes(help);
        }
    }

    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        var code = help.Invoke(parseResult);
        var codes = Of(parseResult.CommandResult.Command);
        parseResult.InvocationConfiguration.Output.WriteLine($"Exit codes: {codes}.");
        return code;
    }

    private static string Of(Command command) =>
        command is CommandWithExitCodes own ? own.Codes
        : command.Parents.OfType<Command>().FirstOrDefault() is { } parent ? Of(parent)
        : Ordinary;
}
