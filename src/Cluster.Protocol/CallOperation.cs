namespace Cluster.Protocol;

/// <summary>One operation of a call.</summary>
/// <param name="Number">
/// 0: none that this version knows; the others are 1, 2, 3, ... without a gap. Of this process only: a later version
/// may number the operations differently.
/// </param>
/// <param name="Name">
/// The name in metrics, spans and traces: the field's, "msgsnd". For an operation behind an entry with its own oneof,
/// the names of both fields: "counter_add".
/// </param>
/// <param name="Entry">The field number of the entry in <see cref="Call"/>.</param>
/// <param name="Inner">The field number in the entry's own oneof; 0: the entry is the operation.</param>
/// <param name="ReadsOnly">Whether the operation leaves nothing in the object.</param>
/// <param name="Blocks">Whether the operation may wait, and what a signal handler does to it then.</param>
public sealed record CallOperation(
    int Number, string Name, int Entry, int Inner, bool ReadsOnly, Blocking Blocks = Blocking.Unspecified);
