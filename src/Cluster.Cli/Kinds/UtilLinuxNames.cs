namespace Cluster.Cli.Kinds;

/// <summary>A kind whose objects have names, in ipcmk(1) and ipcrm(1) of util-linux 2.41.</summary>
/// <param name="Word">The kind in ipcrm --all: pmsg.</param>
/// <param name="Noun">The kind in their sentences: POSIX message queue.</param>
/// <param name="After">The word of the kind of sysvipc(7) after which they treat the kind: msg.</param>
internal sealed record UtilLinuxNames(string Word, string Noun, string After);
