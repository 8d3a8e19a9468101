namespace Cluster.Cli.Kinds;

/// <summary>The option of ipcmk(1) that makes an object with a name.</summary>
/// <param name="Option">The option.</param>
/// <param name="MakeAsync">Makes the object, or finds the one that has the name.</param>
internal readonly record struct NamedMakeOption(
    Option Option,
    Func<IIpcClient, ParseResult, NamedMaking, CancellationToken, Task> MakeAsync);

/// <summary>What ipcmk(1) says of a new object with a name.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Mode">Its permissions.</param>
/// <param name="Durability">Whether it has a journal.</param>
internal sealed record NamedMaking(string Name, UnixFileMode Mode, Durability Durability);
