namespace Cluster.Actors.Journal.Rows;

/// <summary>A row of the package's table.</summary>
/// <param name="Row">The event.</param>
/// <param name="IsDeleted">Whether only its number is of use.</param>
internal readonly record struct TableRow(JournalRow Row, bool IsDeleted);
