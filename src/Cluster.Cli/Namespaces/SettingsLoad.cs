using Cluster.Cli.CommandLine;
using Cluster.Cli.Failures;
using Cluster.Cli.Kinds;

namespace Cluster.Cli.Namespaces;

/// <summary>sysctl -p: writes the settings of files, and reports each line that cannot be written.</summary>
/// <param name="globals">The output.</param>
/// <param name="ipc">The process that writes.</param>
/// <param name="ignoreUnknown">Whether names that this tool does not know are no failure (-e).</param>
internal sealed class SettingsLoad(Globals globals, IIpcClient ipc, bool ignoreUnknown)
{
    private readonly List<KernelFile> _written = [];

    /// <summary>Whether a line could not be written.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>What was written.</summary>
    public IReadOnlyList<KernelFile> Written => _written;

    public async Task LoadAsync(string path, CancellationToken cancelled)
    {
        IReadOnlyList<(int Number, string Text)> lines;
        try
        {
            lines = await SettingsFile.ReadAsync(path, cancelled);
        }
        catch (FailedException exception)
        {
            await FailAsync(exception.Message);
            return;
        }

        foreach (var (number, text) in lines)
        {
            // A dash before the name: a failure to set it is ignored.
            var isOptional = text[0] == '-';
            if (await WhyNotAsync(isOptional ? text[1..] : text, cancelled) is { } error && !isOptional)
                await FailAsync($"sysctl: {path}, line {number}: {error}");
        }
    }

    private async Task<string?> WhyNotAsync(string text, CancellationToken cancelled)
    {
        if (!text.Contains('=', StringComparison.Ordinal)) return $"'{text}' is not NAME = VALUE";
        if (!Setting.TryParse(text, out var setting, out var error, out var isUnknown))
            return isUnknown && ignoreUnknown ? null : error;
        try
        {
            await setting.File.WriteAsync(ipc, setting.Values!, cancelled);
            if (!_written.Contains(setting.File)) _written.Add(setting.File);
            return null;
        }
        catch (IpcException exception) when (!cancelled.IsCancellationRequested)
        {
            return exception.Message;
        }
    }

    private async Task FailAsync(string error)
    {
        HasFailed = true;
        await globals.Error.WriteLineAsync($"ipc: {error}");
    }
}
