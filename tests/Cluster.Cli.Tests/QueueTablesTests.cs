using Cluster.Cli.Kinds;
using Cluster.Cli.Output;
using Cluster.Client;

namespace Cluster.Cli.Tests;

/// <summary>The tables of queues, byte for byte those of ipcs of util-linux 2.38.</summary>
public sealed class QueueTablesTests
{
    private const uint NobodyHasThisUid = 3_999_999_999;
    private const long Day24 = 1_795_499_400;
    private const long Day4 = 1_793_771_401;

    [Fact]
    public void The_default_table_is_that_of_util_linux()
    {
        Assert.Equal(
            "------ Message Queues --------\n"
            + "key        msqid      owner      perms      used-bytes   messages    ",
            QueueTables.Title(Layout.Default, SizeUnit.Default));
        Assert.Equal(
            "0x7405e3eb 65551      root       644        12           3           ",
            QueueTables.Row(Queue(), Layout.Default, SizeUnit.Default));
    }

    [Fact]
    public void Default_table_of_another_user_with_a_negative_key()
    {
        var stat = Queue();
        stat = stat with { Permissions = new IpcPermissions(-2, NobodyHasThisUid, 0, 0, 0, (UnixFileMode)7) };
        Assert.Equal(
            "0xfffffffe 65551      3999999999 7          12           3           ",
            QueueTables.Row(stat, Layout.Default, SizeUnit.Default));
    }

    [Fact]
    public void The_human_table_is_that_of_util_linux()
    {
        var stat = Queue() with { Cbytes = 16_179 };
        Assert.Equal(
            "------ Message Queues --------\n"
            + "key        msqid      owner      perms      size         messages    ",
            QueueTables.Title(Layout.Default, SizeUnit.Human));
        Assert.Equal(
            "0x7405e3eb 65551      root       644         15.8K       3           ",
            QueueTables.Row(stat, Layout.Default, SizeUnit.Human));
    }

    [Fact]
    public void The_table_of_times_is_that_of_util_linux()
    {
        Assert.Equal(
            "------ Message Queues Send/Recv/Change Times --------\n"
            + "msqid    owner      send                 recv                 change              ",
            QueueTables.Title(Layout.Times, SizeUnit.Default));
        Assert.Equal(
            "65551    root       Nov  4 05:50:01      Not set              Nov 24 05:50:00     ",
            QueueTables.Row(Queue(), Layout.Times, SizeUnit.Default));
    }

    [Fact]
    public void The_table_of_pids_is_that_of_util_linux()
    {
        Assert.Equal(
            "------ Message Queues PIDs --------\nmsqid      owner      lspid      lrpid     ",
            QueueTables.Title(Layout.Pids, SizeUnit.Default));
        Assert.Equal("65551    root         4575         0", QueueTables.Row(Queue(), Layout.Pids, SizeUnit.Default));
    }

    [Fact]
    public void Long_pids_shift_the_following_columns()
    {
        var stat = Queue() with { Lspid = 1_234_567, Lrpid = 123_456 };
        Assert.Equal("65551    root        1234567     123456", QueueTables.Row(stat, Layout.Pids, SizeUnit.Default));
    }

    [Fact]
    public void The_table_of_creators_is_that_of_util_linux()
    {
        var stat = Queue();
        stat = stat with { Permissions = stat.Permissions with { Uid = NobodyHasThisUid } };
        Assert.Equal(
            "------ Message Queues Creators/Owners --------\n"
            + "msqid      perms      cuid       cgid       uid        gid       ",
            QueueTables.Title(Layout.Creators, SizeUnit.Default));
        Assert.Equal(
            "65551      644        root       root       3999999999 root      ",
            QueueTables.Row(stat, Layout.Creators, SizeUnit.Default));
    }

    [Fact]
    public void The_details_of_a_queue_are_those_of_util_linux() => Assert.Equal(
        "\nMessage Queue msqid=65551\n"
        + "uid=0\tgid=0\tcuid=0\tcgid=0\tmode=0644\n"
        + "cbytes=12\tqbytes=16384\tqnum=3\tlspid=4575\tlrpid=0\n"
        + "send_time=Wed Nov  4 05:50:01 2026  \n"
        + "rcv_time=Not set                   \n"
        + "change_time=Tue Nov 24 05:50:00 2026  \n",
        QueueTables.One(Queue(), SizeUnit.Default));

    private static MessageQueueStat Queue() => new()
    {
        Id = 65_551,
        Permissions = new IpcPermissions(0x7405e3eb, 0, 0, 0, 0, (UnixFileMode)0x1A4),
        Stime = Day4,
        Ctime = Day24,
        Cbytes = 12,
        Qnum = 3,
        Qbytes = 16_384,
        Lspid = 4_575,
    };
}
