using Cluster.Client;
using Cluster.Protocol;

namespace Cluster.Actors.Tests.Tracing;

/// <summary>A trace as a test reads it: one event after the other, once it has started.</summary>
internal sealed class Story : IAsyncDisposable
{
    private readonly IAsyncEnumerator<IpcTraceFrame> _frames;
    private readonly Queue<TraceEvent> _events = [];

    private Story(IAsyncEnumerator<IpcTraceFrame> frames) => _frames = frames;

    /// <summary>Begins to trace. Later events are seen.</summary>
    public static async Task<Story> BeginAsync(IAsyncEnumerable<IpcTraceFrame> frames)
    {
        var story = new Story(frames.GetAsyncEnumerator());
        Assert.True(await story._frames.MoveNextAsync().AsTask().WaitAsync(Client.ClusterMember.Patience));
        Assert.True(story._frames.Current.Started);
        return story;
    }

    /// <summary>The next event; null: the trace has ended.</summary>
    public async Task<TraceEvent?> NextAsync()
    {
        while (_events.Count == 0)
        {
            if (!await _frames.MoveNextAsync().AsTask().WaitAsync(Client.ClusterMember.Patience)) return null;
            foreach (var news in _frames.Current.Wire.Events) _events.Enqueue(news);
        }

        return _events.Dequeue();
    }

    /// <summary>
    /// The next event in a few words: process, parked or completed, call, errno. A call that was sent again, as is
    /// usual on a busy machine, is reported once.
    /// </summary>
    public async Task<string> TellAsync()
    {
        TraceEvent? news;
        do news = await NextAsync();
        while (news is { Completed.Again: true });
        if (news is null) return "end";
        return news.WhatCase switch
        {
            TraceEvent.WhatOneofCase.Parked => $"{news.Pid} parked {news.Parked.Call.OpCase}",
            TraceEvent.WhatOneofCase.Completed =>
                $"{news.Pid} {news.Completed.Call.OpCase} {(Errno)news.Completed.Result.Errno}",
            _ => $"{news.Pid} {news.WhatCase}",
        };
    }

    public ValueTask DisposeAsync() => _frames.DisposeAsync();
}
