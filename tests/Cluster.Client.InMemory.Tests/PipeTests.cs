using System.Text;
using Cluster.Protocol;

namespace Cluster.Client.InMemory.Tests;

/// <summary>Pipes, which are FIFOs without names: pipe(2).</summary>
public sealed class PipeTests : KernelTests
{
    [Fact]
    public async Task A_pipe_is_open_at_both_ends_and_has_no_name()
    {
        await using var pipe = await Ipc.Fifos.CreatePipeAsync();
        Assert.Equal((0, 1), (pipe.Reader.Descriptor, pipe.Writer.Descriptor));
        Assert.Matches("^pipe:\\[[0-9]+\\]$", pipe.Reader.Name);
        Assert.Equal(new FifoState(65_536, 0, 1, 1), await pipe.Reader.GetStateAsync());
        await pipe.Writer.WriteAsync("hello"u8.ToArray());
        var buffer = new byte[10];
        Assert.Equal(5, await pipe.Reader.ReadAsync(buffer));
        await FailsAsync(Errno.EBADF, () => pipe.Writer.ReadAsync(buffer).AsTask());
        await FailsAsync(Errno.EBADF, () => pipe.Reader.WriteAsync(buffer).AsTask());
        await foreach (var entry in Ipc.Fifos.ListAsync()) Assert.Fail($"{entry} is listed");
    }

    [Fact]
    public async Task Two_pipes_are_two()
    {
        await using var one = await Ipc.Fifos.CreatePipeAsync();
        await using var other = await Ipc.Fifos.CreatePipeAsync();
        Assert.NotEqual(one.Reader.Name, other.Reader.Name);
        await one.Writer.WriteAsync(new byte[1]);
        Assert.Equal(PollEvents.None, await other.Reader.PollAsync(PollEvents.Readable, TimeSpan.Zero));
    }

    [Fact]
    public async Task The_flags_are_those_of_both_ends()
    {
        await using var pipe = await Ipc.Fifos.CreatePipeAsync(OpenFlags.NonBlocking | OpenFlags.Direct);
        await FailsAsync(Errno.EAGAIN, () => pipe.Reader.ReadAsync(new byte[1]).AsTask());
        await pipe.Writer.WriteAsync(new byte[3]);
        await pipe.Writer.WriteAsync(new byte[2]);
        Assert.Equal(3, await pipe.Reader.ReadAsync(new byte[10])); // a packet
        Assert.Equal(65_536 - 4_096, await pipe.Writer.WriteAsync(new byte[100_000]));
        await FailsAsync(Errno.EINVAL, () => Ipc.Fifos.CreatePipeAsync(OpenFlags.ReadWrite));
        await FailsAsync(Errno.EINVAL, () => Ipc.Fifos.CreatePipeAsync(OpenFlags.Truncate));
    }

    [Fact]
    public async Task A_process_that_is_given_an_end_keeps_the_pipe()
    {
        await using var child = Client(2000);
        var pipe = await Ipc.Fifos.CreatePipeAsync();
        await using var own = await child.Fifos.CreatePipeAsync(); // the first call makes the process
        var shared = SharedDescription.Parse((await pipe.Reader.ShareAsync(child.Pid)).ToString());
        await using var reader = child.Fifos.OpenShared(shared);
        await pipe.Writer.WriteAsync("for you"u8.ToArray());
        await pipe.DisposeAsync();
        using var text = new StreamReader(reader.AsStream());
        Assert.Equal("for you", await text.ReadToEndAsync());
    }

    [Fact]
    public async Task The_end_of_its_process_ends_a_pipe()
    {
        var parent = Client(2000);
        await using var own = await Ipc.Fifos.CreatePipeAsync(); // the first call makes the process
        var pipe = await parent.Fifos.CreatePipeAsync();
        await using var reader = Ipc.Fifos.OpenShared(await pipe.Reader.ShareAsync(Ipc.Pid));
        var end = reader.ReadAsync(new byte[1]).AsTask();
        Assert.False(end.IsCompleted);
        await parent.DisposeAsync();
        Assert.Equal(0, await end);
    }

    [Fact]
    public async Task Nobody_opens_a_pipe_but_its_creator()
    {
        await using var pipe = await Ipc.Fifos.CreatePipeAsync();
        await using var stranger = Client(2000);
        await FailsAsync(
            Errno.EBADF, () => stranger.Fifos.OpenShared(pipe.Reader.Description).ReadAsync(new byte[1]).AsTask());
        await FailsAsync(Errno.ENOENT, () => Ipc.Fifos.OpenAsync($"/{pipe.Reader.Name}", OpenFlags.ReadOnly));
    }

    [Fact]
    public async Task Pipelines_read_and_write_a_pipe()
    {
        var pipe = await Ipc.Fifos.CreatePipeAsync();
        var (writer, reader) = (pipe.Writer.AsWriter(), pipe.Reader.AsReader());
        var writing = Task.Run(async () =>
        {
            for (var line = 0; line < 20_000; line++) await writer.WriteAsync(Encoding.ASCII.GetBytes($"{line}\n"));
            await writer.CompleteAsync();
        });
        var next = 0;
        using var lines = new StreamReader(reader.AsStream());
        while (await lines.ReadLineAsync() is { } line) Assert.Equal($"{next++}", line);
        await writing;
        Assert.Equal(20_000, next);
    }
}
