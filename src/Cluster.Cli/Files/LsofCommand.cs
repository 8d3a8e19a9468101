using System.Globalization;
using System.Text.Json.Nodes;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Failures;
using Cluster.Cli.Kinds;
using Cluster.Cli.Output;

namespace Cluster.Cli.Files;

/// <summary>lsof(8).</summary>
internal static class LsofCommand
{
    private const string Description = """
        List who has objects with names, FIFOs and pipes open, as lsof(8) does. FD is the number of the open file description
        in its object, and r, w or u: open for reading, for writing, or for both. A user sees who has the user's own objects
        open, and what the command itself holds; uid 0 sees all.

        Examples:
          ipc --uid 0 lsof
          ipc lsof /dev/mqueue/jobs /run/orders
          ipc lsof -p 7 --json
        """;

    private static readonly string Heading = Line("PID", "FD", "TYPE", "NODE", "NAME");

    public static Command Create(Globals globals)
    {
        var names = new Argument<string[]>("FILE")
        {
            Description = "A file such as /dev/mqueue/jobs or /run/orders [default: all]", Arity = ArgumentArity.ZeroOrMore,
        };
        var pids = new Option<int[]>("--pid", "-p")
        {
            HelpName = "PID",
            Description = "Only what this process holds",
            CustomParser = result => Words.Numbers(result, 1, int.MaxValue),
        };
        var command = new Command("lsof", Description) { names, pids };
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            var (json, files, wanted) = (globals.Json(parsed), parsed.GetValue(names) ?? [], parsed.GetValue(pids) ?? []);
            if (!json) await globals.Out.WriteLineAsync(Heading);
            var found = new HashSet<string>();
            foreach (var kind in CliKinds.All.OfType<NamedKind>())
            {
                await foreach (var (entry, description) in OpenAsync(kind, ipc, files, cancelled))
                {
                    if (entry.Name.Length > 0) found.Add(kind.PathOf(entry.Name));
                    foreach (var pid in description.Pids.Where(pid => wanted.Length == 0 || wanted.Contains(pid)))
                    {
                        var open = new Row(pid, kind, entry, description);
                        await globals.Out.WriteLineAsync(json ? JsonOutput.Line(open.ToJson()) : open.ToString());
                    }
                }
            }

            // As lsof(8), which fails if it did not find what it was asked for.
            foreach (var file in files.Where(file => !found.Contains(file)))
                await globals.Error.WriteLineAsync($"ipc: lsof: nobody that you may see has '{file}' open");
            if (files.Any(file => !found.Contains(file))) throw new FailedException(null);
        });
        return command;
    }

    private static async IAsyncEnumerable<(NamedObjectEntry, OpenDescriptionInfo)> OpenAsync(
        NamedKind kind, IIpcClient ipc, string[] files,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancelled)
    {
        var listed = kind.ListAllAsync(ipc, cancelled).Where(
            entry => files.Length == 0 || (entry.Name.Length > 0 && files.Contains(kind.PathOf(entry.Name))));
        var asked = Asking.EachAsync<NamedObjectEntry, (NamedObjectEntry, IReadOnlyList<OpenDescriptionInfo>)>(
            listed, async entry => await TryAskAsync(kind, ipc, entry, cancelled) is { } holders
                ? new Answer<(NamedObjectEntry, IReadOnlyList<OpenDescriptionInfo>)>((entry, holders))
                : null);
        await foreach (var (entry, holders) in asked)
        {
            foreach (var holder in holders) yield return (entry, holder);
        }
    }

    private static async Task<IReadOnlyList<OpenDescriptionInfo>?> TryAskAsync(
        NamedKind kind, IIpcClient ipc, NamedObjectEntry entry, CancellationToken cancelled)
    {
        try
        {
            return await kind.HoldersAsync(ipc, entry, cancelled);
        }
        catch (IpcException exception) when (exception.Errno is Errno.EINVAL or Errno.EIDRM or Errno.EBADF)
        {
            return null; // it ended after it was listed
        }
    }

    private static string Line(string pid, string fd, string type, string node, string name) =>
        $"{pid,7} {fd,6} {type,-5} {node,10} {name}";

    private sealed record Row(int Pid, NamedKind Kind, NamedObjectEntry Entry, OpenDescriptionInfo Description)
    {
        private char Mode => (Description.Flags & OpenFlags.ReadWrite) != 0 ? 'u'
            : (Description.Flags & OpenFlags.WriteOnly) != 0 ? 'w' : 'r';

        private string Name => Entry.Name.Length > 0 ? Kind.PathOf(Entry.Name) : Kind.LsofName ?? "(deleted)";

        public override string ToString() => Line(
            Text(Pid), $"{Text(Description.Number)}{Mode}", Kind.LsofType, Text(Entry.Id), Name);

        public JsonObject ToJson() => new()
        {
            ["pid"] = Pid,
            ["description"] = Description.Number,
            ["mode"] = $"{Mode}",
            ["kind"] = Kind.Names.Word,
            ["id"] = Entry.Id,
            ["name"] = Name,
        };

        private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
    }
}
