namespace Cluster.Cli.Output;

/// <summary>A row of lsipc. A cell that is null is not known or not set.</summary>
/// <param name="Cells">A text for each column.</param>
/// <param name="Elements">A table of what the object consists of; null: it has none.</param>
internal readonly record struct LsipcRow(string?[] Cells, LsipcElements? Elements = null);

/// <summary>The elements of an object in its details: the semaphores of a set.</summary>
/// <param name="Columns">The columns.</param>
/// <param name="Rows">The rows.</param>
internal sealed record LsipcElements(IReadOnlyList<Column> Columns, IReadOnlyList<string?[]> Rows);
