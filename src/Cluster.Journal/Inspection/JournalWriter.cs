namespace Cluster.Journal.Inspection;

/// <summary>A row of journal_writer.</summary>
/// <param name="Head">The writer and the beginning of its log.</param>
/// <param name="IsOpen">Whether it may write.</param>
internal readonly record struct JournalWriter(LogHead Head, bool IsOpen);
