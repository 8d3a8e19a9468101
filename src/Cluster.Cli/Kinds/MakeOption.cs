namespace Cluster.Cli.Kinds;

/// <summary>The option of ipcmk(1) that makes an object of a kind.</summary>
/// <param name="Option">The option.</param>
/// <param name="Size">The size that the command line gives the object; null: no object of the kind is made.</param>
internal readonly record struct MakeOption(Option Option, Func<ParseResult, long?> Size);
