using Cluster.Cli.CommandLine;
using Cluster.Cli.Failures;
using Cluster.Journal;
using Cluster.Journal.Inspection;

namespace Cluster.Cli.Journals;

/// <summary>Looks at the journal itself, whether nodes use it or not.</summary>
internal static class JournalCommand
{
    private const string Description = """
        Check, show or copy a journal: at rest, or while nodes use it. Nothing is written to it. JOURNAL is sqlite:FILE, the
        path of a file, or postgres://USER:PASSWORD@HOST:PORT/DATABASE, as in the node's setting. The environment variable
        PGPASSWORD may have the password.
        docs/journal.md has more.

        Examples:
          ipc journal verify journal.db
          ipc journal dump journal.db queue 0
          ipc journal backup journal.db /backup/journal.db
        """;

    private const string Codes =
        "0 done, and the journal is sound; 1 it is not, or the command failed; 2 usage; 3 the journal cannot be opened; "
        + "130 interrupted";

    public static Command Create(Globals globals) => new CommandWithExitCodes("journal", Description, Codes)
    {
        VerifyCommand.Create(globals),
        DumpCommand.Create(globals),
        BackupCommand.Create(globals),
    };

    /// <summary>The argument that names the journal.</summary>
    public static Argument<JournalPlace> Argument() => new("JOURNAL")
    {
        Description = "sqlite:FILE, the path of a file, or postgres://USER:PASSWORD@HOST:PORT/DATABASE",
        CustomParser = result =>
        {
            try
            {
                return JournalPlace.Parse(result.Tokens[0].Value);
            }
            catch (ArgumentException exception)
            {
                result.AddError($"JOURNAL: {exception.Message}");
                return null!;
            }
        },
    };

    /// <summary>Gives a command an action that reads a journal.</summary>
    public static void Run(Globals globals, Command command, Func<ParseResult, CancellationToken, Task> action) =>
        globals.RunAlone(command, async (parsed, cancelled) =>
        {
            try
            {
                await action(parsed, cancelled);
            }
            catch (JournalUnreadableException exception)
            {
                // Not the code of a journal that is damaged.
                await globals.Out.FlushAsync(CancellationToken.None);
                await globals.Error.WriteLineAsync($"ipc: {exception.Message.ReplaceLineEndings(" ")}");
                throw new CommandEndedException(ExitCodes.Unreachable);
            }
            catch (JournalDamagedException exception)
            {
                throw new FailedException($"{exception.Message.TrimEnd('.')}. {JournalFault.Restore}");
            }
        });
}
