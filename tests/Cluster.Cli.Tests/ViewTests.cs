using System.Text.Json;
using Cluster.Client;

namespace Cluster.Cli.Tests;

/// <summary>ipcs of all kinds. For the same objects the output equals that of util-linux 2.38 byte for byte.</summary>
public sealed class ViewTests
{
    public static TheoryData<string, string> Views => new()
    {
        {
            "ipcs",
            """

            ------ Message Queues --------
            key        msqid      owner      perms      used-bytes   messages    |
            0xff91e4f1 0          root       600        20           1           |

            ------ Shared Memory Segments --------
            key        shmid      owner      perms      bytes      nattch     status      |
            0x6bbdb198 0          root       600        100000     1                 locked|
            0x00000000 1          root       644        4096       1          dest         |
            0x58285095 2          root       644        1          0                       |

            ------ Semaphore Arrays --------
            key        semid      owner      perms      nsems     |
            0x0adae8f8 0          root       644        3         |
            0x75136455 1          root       666        1         |


            """
        },
        {
            "ipcs -a -t",
            """

            ------ Message Queues Send/Recv/Change Times --------
            msqid    owner      send                 recv                 change              |
            0        root       Nov 24 09:08:21      Not set              Nov 24 09:08:20     |

            ------ Shared Memory Attach/Detach/Change Times --------
            shmid      owner      attached             detached             changed             |
            0          root       Nov 24 09:08:21      Not set              Nov 24 09:08:20     |
            1          root       Nov 24 09:08:21      Not set              Nov 24 09:08:20     |
            2          root       Not set              Not set              Nov 24 09:08:20     |

            ------ Semaphore Operation/Change Times --------
            semid    owner      last-op                    last-changed              |
            0        root        Tue Nov 24 09:08:21 2026   Tue Nov 24 09:08:20 2026  |
            1        root        Not set                    Tue Nov 24 09:08:20 2026  |


            """
        },
        {
            "ipcs -p",
            """

            ------ Message Queues PIDs --------
            msqid      owner      lspid      lrpid     |
            0        root        24221         0|

            ------ Shared Memory Creator/Last-op PIDs --------
            shmid      owner      cpid       lpid      |
            0          root       24216      24221     |
            1          root       24217      24221     |
            2          root       24220      0         |



            """
        },
        { "ipcs -s -p", "\n\n" },
        {
            "ipcs -m -s -c",
            """

            ------ Shared Memory Segment Creators/Owners --------
            shmid      perms      cuid       cgid       uid        gid       |
            0          600        root       root       root       root      |
            1          644        root       root       root       root      |
            2          644        root       root       root       root      |

            ------ Semaphore Arrays Creators/Owners --------
            semid      perms      cuid       cgid       uid        gid       |
            0          644        root       root       root       root      |
            1          666        root       root       root       root      |


            """
        },
        {
            "ipcs -m --human",
            """

            ------ Shared Memory Segments --------
            key        shmid      owner      perms      size       nattch     status      |
            0x6bbdb198 0          root       600         97.7K     1                 locked|
            0x00000000 1          root       644            4K     1          dest         |
            0x58285095 2          root       644            1B     0                       |


            """
        },
        {
            "ipcs -t -l",
            """

            ------ Messages Limits --------
            max queues system wide = 32000
            max size of message (bytes) = 8192
            default max size of queue (bytes) = 16384

            ------ Shared Memory Limits --------
            max number of segments = 4096
            max seg size (kbytes) = 18014398509465599
            max total shared memory (kbytes) = 18446744073709551612
            min seg size (bytes) = 1

            ------ Semaphore Limits --------
            max number of arrays = 32000
            max semaphores per array = 32000
            max semaphores system wide = 1024000000
            max ops per semop call = 500
            semaphore max value = 32767


            """
        },
        {
            "ipcs -m -l -b",
            """

            ------ Shared Memory Limits --------
            max number of segments = 4096
            max seg size (bytes) = 18446744073692774399
            max total shared memory (bytes) = 18446744073709547520
            min seg size (bytes) = 1


            """
        },
        {
            "ipcs -m -l --human",
            """

            ------ Shared Memory Limits --------
            max number of segments = 4096
            max seg size = 16E
            max total shared memory = 16E
            min seg size = 1B


            """
        },
        {
            "ipcs -u",
            "\n------ Messages Status --------\nallocated queues = 1\nused headers = 1\nused space = 20 bytes\n\n"
            + "------ Shared Memory Status --------\nsegments allocated 3\npages allocated 27\npages resident  64\n"
            + "pages swapped   0\nSwap performance: 0 attempts\t 0 successes\n\n"
            + "------ Semaphore Status --------\nused arrays = 2\nallocated semaphores = 4\n\n"
        },
        {
            "ipcs -m -i 0",
            "\nShared memory Segment shmid=0\nuid=0\tgid=0\tcuid=0\tcgid=0\nmode=02600\taccess_perms=0600\n"
            + "bytes=100000\tlpid=24221\tcpid=24216\tnattch=1\natt_time=Tue Nov 24 09:08:21 2026  \n"
            + "det_time=Not set                   \nchange_time=Tue Nov 24 09:08:20 2026  \n\n"
        },
        {
            "ipcs -m --human -i 1",
            "\nShared memory Segment shmid=1\nuid=0\tgid=0\tcuid=0\tcgid=0\nmode=01644\taccess_perms=0644\n"
            + "size=4K\tlpid=24221\tcpid=24217\tnattch=1\natt_time=Tue Nov 24 09:08:21 2026  \n"
            + "det_time=Not set                   \nchange_time=Tue Nov 24 09:08:20 2026  \n\n"
        },
        {
            "ipcs -s -i 0",
            "\nSemaphore Array semid=0\nuid=0\t gid=0\t cuid=0\t cgid=0\nmode=0644, access_perms=0644\nnsems = 3\n"
            + "otime = Tue Nov 24 09:08:21 2026  \nctime = Tue Nov 24 09:08:20 2026  \n"
            + "semnum     value      ncount     zcount     pid       \n"
            + "0          0          0          0          0         \n"
            + "1          5          0          0          24221     \n"
            + "2          0          0          0          0         \n\n"
        },
    };

    [Theory]
    [MemberData(nameof(Views))]
    public async Task Ipcs_writes_what_util_linux_writes(string line, string expected)
    {
        var filled = await World.FilledAsync();
        Assert.Equal(0, await filled.RunAsync(line));
        Assert.Equal(expected.Replace("|\n", "\n", StringComparison.Ordinal), filled.Output);
    }

    [Fact]
    public async Task Ipcs_json_of_all_kinds_is_one_object()
    {
        var filled = await World.FilledAsync();
        Assert.Equal(0, await filled.RunAsync("ipcs --json"));
        Assert.Equal(
            ["messages", "sharedmemory", "semaphores"], filled.Json.EnumerateObject().Select(each => each.Name));
        Assert.Equal([0, 1, 2], Ids(filled, "sharedmemory", "shmid"));
        Assert.Equal([0, 1], Ids(filled, "semaphores", "semid"));
    }

    [Fact]
    public async Task Ipcs_json_of_limits_summary_and_one_set()
    {
        var filled = await World.FilledAsync();
        Assert.Equal(0, await filled.RunAsync("ipcs -s -l --json"));
        Assert.Equal(0, await filled.RunAsync("ipcs -u --json"));
        Assert.Equal(0, await filled.RunAsync("ipcs -s -i 1 --json"));
        Assert.Equal(
            "{\"semmni\":32000,\"semmsl\":32000,\"semmns\":1024000000,\"semopm\":500,\"semvmx\":32767}\n"
            + "{\"queues\":1,\"messages\":1,\"bytes\":20,\"segments\":3,\"pages\":27,\"resident_pages\":64,"
            + "\"swapped_pages\":0,\"sets\":2,\"semaphores\":4}\n"
            + "{\"key\":\"0x75136455\",\"semid\":1,\"uid\":0,\"gid\":0,\"cuid\":0,\"cgid\":0,"
            + "\"mode\":\"0666\",\"nsems\":1,\"otime\":0,\"ctime\":1795511300,\"waiters\":0,\"volatile\":false,"
            + "\"semaphores\":[{\"semnum\":0,\"value\":0,\"ncount\":0,\"zcount\":0,\"pid\":0}]}\n",
            filled.Output);
    }

    [Theory]
    [InlineData("ipcs -m -i 77")]
    [InlineData("ipcs -s -i 77")]
    public async Task Ipcs_of_an_unknown_id_is_an_error(string line)
    {
        var filled = await World.FilledAsync();
        Assert.Equal(1, await filled.RunAsync(line));
        Assert.EndsWith("ipcs: id 77 not found\n", filled.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ipcmk_creates_several_kinds_with_the_sizes_of_util_linux()
    {
        var tool = new Tool();
        Assert.Equal(0, await tool.RunAsync("ipcmk -Q -M 1.5M -S 3 -p 0600"));
        Assert.Equal("Shared memory id: 0\nMessage queue id: 0\nSemaphore id: 0\n", tool.Output);
        foreach (var size in new[] { "1KB", "2kib", "0x1000", "010", "7" })
            Assert.Equal(0, await tool.RunAsync($"ipcmk -M {size}"));
        ulong[] sizes = [1_572_864, 1_000, 2_048, 4_096, 8, 7];
        for (var id = 0; id < sizes.Length; id++) Assert.Equal(sizes[id], (await tool.StatSegmentAsync(id)).Segsz);
        Assert.Equal(0x180, (int)(await tool.StatSetAsync(0)).Permissions.Mode);
        var other = new Tool();
        Assert.Equal(0, await other.RunAsync("ipcmk -M 1 -S 1 --volatile --json"));
        Assert.Equal("{\"shmid\":0,\"semid\":0}\n", other.Output);
        Assert.Equal(Durability.Volatile, (await other.StatSetAsync(0)).Durability);
        Assert.Equal(1, await other.RunAsync("ipcmk -M 0"));
        Assert.Equal(1, await other.RunAsync("ipcmk -S 0"));
        Assert.Contains("ipc: semget: EINVAL (", other.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ipcrm_removes_every_kind_and_reports_failures()
    {
        var filled = await World.FilledAsync();
        Assert.Equal(1, await filled.RunAsync("ipcrm -v -m 0 -s 44 -q 55 -S 77 -M 0x58285095 --uid 0"));
        Assert.Equal(
            "ipcrm: invalid id (44)\nipcrm: invalid key (77)\nipcrm: invalid id (55)\n", filled.Error);
        Assert.Equal(
            "removing shared memory segment id `0'\nremoving shared memory segment key `0x58285095'\n"
            + "removing semaphore id `44'\nremoving semaphore key `77'\nremoving message queue id `55'\n",
            filled.Output);
        Assert.Equal([0, 1], await filled.Ipc.SharedMemorySegments.IdsAsync()); // segment 0 is attached still
    }

    [Theory]
    [InlineData("ipcrm --all=sem", 1, 3, 0)]
    [InlineData("ipcrm --all=shm -q 0", 0, 2, 2)]
    [InlineData("ipcrm -a", 0, 2, 0)]
    public async Task Ipcrm_all_keeps_attached_segments(string line, int queues, int segments, int sets)
    {
        var filled = await World.FilledAsync();
        Assert.Equal(0, await filled.RunAsync($"{line} --uid 0"));
        Assert.Equal(queues, (await filled.Ipc.MessageQueues.IdsAsync()).Count);
        Assert.Equal(segments, (await filled.Ipc.SharedMemorySegments.IdsAsync()).Count);
        Assert.Equal(sets, (await filled.Ipc.SemaphoreSets.IdsAsync()).Count);
    }

    [Fact]
    public async Task Long_listings_of_every_kind_are_in_the_order_of_ids()
    {
        var tool = new Tool();
        for (var i = 0; i < 3_000; i++)
        {
            await tool.Ipc.SemaphoreSets.CreateAsync();
            await tool.Ipc.SharedMemorySegments.CreateAsync(1);
        }

        Assert.Equal(0, await tool.RunAsync("ipcs -m -s --json"));
        Assert.InRange(tool.Traffic.MostStats, 2, 256);
        foreach (var (kind, id) in new[] { ("sharedmemory", "shmid"), ("semaphores", "semid") })
        {
            var ids = tool.Json.GetProperty(kind).EnumerateArray().Select(each => each.GetProperty(id).GetInt32());
            Assert.Equal(Enumerable.Range(0, 3_000), ids);
        }
    }

    private static IEnumerable<int> Ids(Tool tool, string kind, string name) =>
        tool.Json.GetProperty(kind).EnumerateArray().Select(each => each.GetProperty(name).GetInt32());
}
