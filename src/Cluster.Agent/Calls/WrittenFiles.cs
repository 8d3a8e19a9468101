using System.Collections.Concurrent;
using System.Text;
using Cluster.Agent.Native;

namespace Cluster.Agent.Calls;

/// <summary>
/// Files of settings that programs have open for writing. They are memory files, so a write returns before the setting is
/// set; but no later call of any program of the host begins before that.
/// </summary>
internal sealed class WrittenFiles
{
    private const int MostBytes = 4096;

    /// <summary>Files that are watched; an older one is not watched any more.</summary>
    private const int Most = 256;

    private readonly ConcurrentDictionary<long, Written> _files = new();
    private long _number;

    /// <summary>A program may write to a file from now on.</summary>
    public void Add(Caller caller, string path, Descriptor file)
    {
        var number = Interlocked.Increment(ref _number);
        _files[number] = new Written(caller, path, file);
        if (_files.TryRemove(number - Most, out var oldest))
        {
            oldest.Caller.Process.NotAtEnd(oldest.File);
            oldest.File.Dispose();
        }

        caller.Process.AtEnd(file, () => EndAsync(number));
    }

    /// <summary>Sets what was written since the last time. Null: nothing was.</summary>
    public Task? Apply()
    {
        if (_files.IsEmpty)
            return null;
        var settings = _files.Values.Select(file => file.Take() is { } text ? SetAsync(file, text) : null)
            .OfType<Task>().ToArray();
        return settings.Length > 0 ? Task.WhenAll(settings) : null;
    }

    private async Task EndAsync(long number)
    {
        if (!_files.TryRemove(number, out var file))
            return;
        if (file.Take() is { } text)
            await SetAsync(file, text).ConfigureAwait(false);
        file.File.Dispose();
    }

    private static async Task SetAsync(Written file, string text)
    {
        try
        {
            await Settings.WriteAsync(file.Caller, file.Path, text).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is Cluster.Client.IpcException or ObjectDisposedException)
        {
            // The process of the cluster has ended before it could set anything.
        }
    }

    private sealed class Written(Caller caller, string path, Descriptor file)
    {
        private string _taken = "";

        public Caller Caller => caller;

        public string Path => path;

        public Descriptor File => file;

        /// <summary>What the file has, if it has changed.</summary>
        public string? Take()
        {
            var bytes = new byte[Math.Clamp(Libc.Seek(file.Number, 0, Libc.SEEK_END), 0, MostBytes)];
            if (!MemoryFiles.TryRead(file.Number, bytes, 0))
                return null;
            var text = Encoding.ASCII.GetString(bytes);
            if (text == _taken)
                return null;
            _taken = text;
            return text;
        }
    }
}
