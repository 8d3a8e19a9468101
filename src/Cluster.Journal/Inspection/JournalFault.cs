namespace Cluster.Journal.Inspection;

/// <summary>Something in a journal that its nodes did not write there, or that is missing.</summary>
/// <param name="Row">The table, and the row by its key.</param>
/// <param name="What">What is wrong, as a sentence without a full stop.</param>
/// <param name="Advice">What to do.</param>
internal sealed record JournalFault(string Row, string What, string Advice)
{
    /// <summary>What to do if a part of the log is lost: no node can tell which entities had entries there.</summary>
    public const string Restore = "Stop all nodes, and restore the newest backup";

    /// <summary>A fault of the database or of the log.</summary>
    public static JournalFault OfAll(string row, string what) => new(row, what.TrimEnd('.'), Restore);

    /// <summary>A fault of the history of one entity. The others can be read.</summary>
    public static JournalFault OfEntity(string row, string what, string id) => new(
        row, what, $"{id} cannot be read, and the other entities can: restore the newest backup, or give {id} up "
        + "(docs/journal.md, Repair)");

    /// <summary>One line for people.</summary>
    public override string ToString() => $"{Row}: {What}. {Advice}";
}
