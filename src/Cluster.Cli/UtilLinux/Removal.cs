using System.Globalization;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Kinds;

namespace Cluster.Cli.UtilLinux;

/// <summary>Removes objects, and reports what it cannot remove in the words of ipcrm(1).</summary>
internal sealed class Removal(Globals globals, IIpcClient ipc, bool verbose, CancellationToken cancelled)
{
    private const int RemovedAtOnce = 64;

    private readonly TextWriter _output = TextWriter.Synchronized(globals.Out);
    private readonly TextWriter _error = TextWriter.Synchronized(globals.Error);
    private volatile bool _hasFailed;

    public bool HasFailed => _hasFailed;

    /// <summary>Removes by an id of the old syntax. A word that is not an id is reported.</summary>
    public async Task RemoveAsync(SystemVKind kind, string word)
    {
        if (int.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var id))
        {
            await RemoveAsync(kind, id);
            return;
        }

        _hasFailed = true;
        await _error.WriteLineAsync($"ipcrm: invalid id: {word}");
    }

    public async Task RemoveAsync(SystemVKind kind, int id)
    {
        var what = id.ToString(CultureInfo.InvariantCulture);
        await SayAsync(kind, "id", what);
        await TryAsync("id", what, () => kind.RemoveAsync(ipc, id, cancelled));
    }

    public async Task RemoveKeyAsync(SystemVKind kind, NamedKey key)
    {
        await SayAsync(kind, "key", key.Word);
        await TryAsync("key", key.Word, async () =>
            await kind.RemoveAsync(ipc, await kind.GetAsync(ipc, new GetRequest(key.Value), cancelled), cancelled));
    }

    public Task RemoveAllAsync(SystemVKind kind) => Parallel.ForEachAsync(
        kind.IdsAsync(ipc, cancelled),
        new ParallelOptions { MaxDegreeOfParallelism = RemovedAtOnce, CancellationToken = cancelled },
        async (id, _) => await RemoveAsync(kind, id));

    /// <summary>Unlinks an object with a name, in the words of util-linux 2.41.</summary>
    public async Task UnlinkAsync(NamedKind kind, string name)
    {
        if (verbose) await _output.WriteLineAsync($"removing {kind.UtilLinux!.Noun} `{name}'");
        try
        {
            await kind.UnlinkAsync(ipc, name, cancelled);
        }
        catch (IpcException exception) when (DescribeName(exception.Errno, name) is { } text)
        {
            _hasFailed = true;
            await _error.WriteLineAsync($"ipcrm: {text}");
        }
    }

    public Task UnlinkAllAsync(NamedKind kind) => Parallel.ForEachAsync(
        kind.ListAsync(ipc, cancelled),
        new ParallelOptions { MaxDegreeOfParallelism = RemovedAtOnce, CancellationToken = cancelled },
        async (entry, _) => await UnlinkAsync(kind, entry.Name));

    private async Task SayAsync(SystemVKind kind, string by, string what)
    {
        if (!verbose) return;
        await _output.WriteLineAsync($"removing {kind.Names.RemovedNoun ?? kind.Names.Noun} {by} `{what}'");
    }

    private async Task TryAsync(string kind, string what, Func<Task> remove)
    {
        try
        {
            await remove();
        }
        catch (IpcException exception) when (Describe(exception.Errno) is { } text)
        {
            _hasFailed = true;
            await _error.WriteLineAsync($"ipcrm: {text} {kind} ({what})");
        }
    }

    // Null: the failure ends the command. So here.
    private static string? DescribeName(Errno errno, string name) => errno switch
    {
        Errno.EACCES or Errno.EPERM => $"permission denied for name `{name}'",
        Errno.ENOENT => $"name `{name}' not found",
        Errno.ENAMETOOLONG => $"name `{name}' too long",
        _ => null,
    };

    // Null: the failure ends the command.
    private static string? Describe(Errno errno) => errno switch
    {
        Errno.EACCES or Errno.EPERM => "permission denied for",
        Errno.EINVAL or Errno.ENOENT => "invalid",
        Errno.EIDRM => "already removed",
        _ => null,
    };
}
