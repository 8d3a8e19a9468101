using System.Buffers.Binary;
using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace Cluster.Exec.Tests;

/// <summary>What anybody may write to the socket of the agent harms nobody else.</summary>
[Collection(ExecCollection.Name)]
public sealed class StrangerTests(ExecFixture exec)
{
    private const int Frames = 10_000;
    private const int Silent = 1_000;
    private const int RequestBytes = 64;
    private const int AnswerBytes = 32;
    private const int Seed = 20;

    [SkippableFact]
    public async Task Random_frames_close_their_connection_and_no_other()
    {
        Tools.NeedShim();
        var random = new Random(Seed);
        for (var i = 0; i < Frames; i++)
        {
            using var socket = Connect();
            if (i % 2 == 0)
                Greet(socket, uid: "");
            var frame = new byte[random.Next(1, 300)];
            random.NextBytes(frame);
            if (i % 4 == 0 && frame.Length >= RequestBytes)
                MakePlausible(frame, random);
            try
            {
                socket.Send(frame);
            }
            catch (SocketException)
            {
                // It was closed already.
            }
        }

        await IsWellAsync();
    }

    [SkippableFact]
    public async Task Connections_that_say_nothing_are_closed_when_there_are_many()
    {
        Tools.NeedShim();
        var sockets = new List<Socket>();
        try
        {
            for (var i = 0; i < Silent; i++)
                sockets.Add(Connect());
            await IsWellAsync();
            // The oldest ones were closed to make room: the end of the stream can be read.
            Assert.Equal(0, sockets[0].Receive(new byte[1]));
        }
        finally
        {
            sockets.ForEach(socket => socket.Dispose());
        }
    }

    [SkippableFact]
    public async Task A_program_of_another_user_needs_the_token_and_cannot_be_root()
    {
        Tools.NeedShim();
        Tools.Need(Environment.IsPrivilegedProcess, "only root can become another user");
        const string program = """
            import os,socket,struct,sys
            os.setgid(65534); os.setuid(65534)
            s=socket.socket(socket.AF_UNIX,socket.SOCK_SEQPACKET); s.connect(sys.argv[1])
            p=sys.argv[2].replace("\\n","\n").encode()
            s.send(struct.pack("<IIII6q",1,0,0,len(p),1,0,0,0,0,0)+p)
            print(struct.unpack("<IIqqII",s.recv(100))[2])
            """;
        var token = await File.ReadAllTextAsync(Path.Combine(exec.Agent, "token"));
        Assert.Equal("-1", await SayAsync(program, $"wrong\\n{exec.Node.Address}\\n/\\n\\n\\ndurable"));
        Assert.Equal("-1", await SayAsync(program, $"{token}\\n{exec.Node.Address}\\n/\\n0\\n0\\ndurable"));
        Assert.Equal("0", await SayAsync(program, $"{token}\\n{exec.Node.Address}\\n/\\n\\n\\ndurable"));
    }

    private async Task<string> SayAsync(string program, string greeting)
    {
        var start = new ProcessStartInfo("/usr/bin/python3") { RedirectStandardOutput = true };
        foreach (var word in (string[])["-c", program, SocketPath, greeting])
            start.ArgumentList.Add(word);
        using var process = Process.Start(start)!;
        return (await process.StandardOutput.ReadToEndAsync()).Trim();
    }

    private async Task IsWellAsync()
    {
        var run = await exec.RunAsync(Tools.Find("ipcmk"), "-Q");
        Assert.True(run.ExitCode == 0, run.Error);
    }

    private string SocketPath => Path.Combine(exec.Agent, "agent");

    private Socket Connect()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(SocketPath));
        return socket;
    }

    private void Greet(Socket socket, string uid)
    {
        var text = Encoding.UTF8.GetBytes($"\n{exec.Node.Address}\n/\n{uid}\n{uid}\nvolatile");
        var frame = new byte[RequestBytes + text.Length];
        BinaryPrimitives.WriteInt32LittleEndian(frame, 1);
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(12), text.Length);
        BinaryPrimitives.WriteInt64LittleEndian(frame.AsSpan(16), 1);
        text.CopyTo(frame, RequestBytes);
        socket.Send(frame);
        var answer = new byte[AnswerBytes];
        Assert.Equal(AnswerBytes, socket.Receive(answer));
        Assert.Equal(0, BinaryPrimitives.ReadInt64LittleEndian(answer.AsSpan(8)));
    }

    // A known operation and a right length, with arguments that mean nothing.
    private static void MakePlausible(Span<byte> frame, Random random)
    {
        int[] operations = [11, 12, 13, 21, 22, 31, 32, 33, 40, 41, 42, 43, 44, 45, 46, 47, 48, 50, 51, 52, 53, 54, 60];
        BinaryPrimitives.WriteInt32LittleEndian(frame, operations[random.Next(operations.Length)]);
        BinaryPrimitives.WriteInt32LittleEndian(frame[8..], 0);
        BinaryPrimitives.WriteInt32LittleEndian(frame[12..], frame.Length - RequestBytes);
    }
}
