using Cluster.Cli.CommandLine;
using Cluster.Journal.Inspection;

namespace Cluster.Cli.Journals;

/// <summary>Copies a journal of running nodes.</summary>
internal static class BackupCommand
{
    private const string Description = """
        Copy a journal into a new SQLite file, as of one moment, and verify the copy. Nodes may use the journal meanwhile.
        The copy of a journal in PostgreSQL is a SQLite file too: to look at, or for a single node.

        Example: ipc journal backup journal.db /backup/journal.db
        """;

    public static Command Create(Globals globals)
    {
        var journal = JournalCommand.Argument();
        var file = new Argument<string>("FILE") { Description = "The new file: it must not be there yet" };
        var command = new Command("backup", Description) { journal, file };
        JournalCommand.Run(globals, command, (parsed, cancelled) =>
        {
            var path = Path.GetFullPath(parsed.GetRequiredValue(file));
            JournalBackup.Make(parsed.GetRequiredValue(journal), path);
            return VerifyCommand.RunAsync(globals, JournalPlace.OfFile(path), globals.Json(parsed), cancelled);
        });
        return command;
    }
}
