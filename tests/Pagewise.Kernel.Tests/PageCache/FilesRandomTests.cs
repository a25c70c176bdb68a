using Pagewise.Abi;
using Pagewise.Kernel.PageCache;

namespace Pagewise.Kernel.Tests.PageCache;

/// <summary>Random calls and stores on a few files against sets of pages: what is dirty, what is cached, what the counters say.</summary>
public sealed class FilesRandomTests
{
    private const int Files = 3;
    private const int Pages = 300;

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(3, 18)]
    [InlineData(4, 12)]
    public void DirtyPagesAreThoseThatWereStoredToSinceTheyWereWritten(int seed, int minor)
    {
        var random = new Random(seed);
        using FileRig rig = new(minor);
        // Only what the test asks for is written.
        rig.Machine.TryWriteSysctl("vm.dirty_writeback_centisecs", "0").ShouldBeTrue();
        rig.Machine.TryWriteSysctl("vm.dirty_background_ratio", "90");
        var inodes = new int[Files];
        var fds = new int[Files];
        var maps = new ulong[Files];
        var dirty = new HashSet<int>[Files];
        for (int file = 0; file < Files; file++)
        {
            inodes[file] = rig.NewFile(Pages * 4096);
            fds[file] = rig.Open(inodes[file]);
            maps[file] = rig.Calls.Mmap(rig.Task, 0, Pages * 4096, Prot.Read | Prot.Write, MapFlags.Shared, fds[file], 0).Address;
            dirty[file] = [];
        }

        // The first write of a device without history is written whole at once: give it one, which takes 8 pages (PROP_BATCH).
        rig.Calls.Pwrite(rig.Task, fds[0], 16 * 4096, 0);
        rig.Calls.Sync(rig.Task);
        for (int step = 0; step < 3000; step++)
        {
            int file = random.Next(Files);
            int first = random.Next(Pages);
            int count = Math.Min(random.Next(1, 40), Pages - first);
            switch (random.Next(9))
            {
                case 0 or 1:
                    rig.Calls.Pread(rig.Task, fds[file], (ulong)count * 4096, first * 4096L);
                    break;
                case 2:
                    rig.Calls.Pwrite(rig.Task, fds[file], (ulong)count * 4096, first * 4096L).Raw.ShouldBe(count * 4096);
                    Add(file, first, count);
                    break;
                case 3:
                    rig.Machine.Access(rig.Task, maps[file] + ((ulong)first * 4096), AccessKind.Write).IsResolved.ShouldBeTrue();
                    Add(file, first, 1);
                    break;
                case 4:
                    rig.Machine.Access(rig.Task, maps[file] + ((ulong)first * 4096), AccessKind.Read).IsResolved.ShouldBeTrue();
                    break;
                case 5:
                    rig.Calls.Fadvise(rig.Task, fds[file], first * 4096L, count * 4096L, random.Next(4));
                    break;
                case 6 when random.Next(10) == 0:
                    rig.Machine.TryWriteSysctl("vm.drop_caches", "3");
                    break;
                case 7 when random.Next(4) == 0:
                    (int low, int high) = WholeFolios(file, first, first + count - 1);
                    rig.Calls.SyncFileRange(rig.Task, fds[file], first * 4096L, count * 4096L, 7).ShouldBe(SysResult.Ok);
                    dirty[file].RemoveWhere(page => page >= low && page <= high);
                    break;
                case 8 when random.Next(10) == 0:
                    rig.Calls.Fsync(rig.Task, fds[file]).ShouldBe(SysResult.Ok);
                    dirty[file].Clear();
                    break;
            }

            if (minor == 1)
                rig.DirtyData.ShouldBe(dirty.Sum(set => set.Count), $"step {step}");
            if (step % 100 == 0)
                Check(step);
        }

        Check(-1);

        void Add(int file, int first, int count)
        {
            for (int page = first; page < first + count; page++)
                dirty[file].Add(page);
        }

        // A folio is written as a whole.
        (int Low, int High) WholeFolios(int file, int first, int last)
        {
            FilePages pages = rig.Machine.FilePages;
            uint start = pages.FrameAt(inodes[file], (ulong)first), end = pages.FrameAt(inodes[file], (ulong)last);
            return (start == 0 ? first : (int)pages.FolioStart(start), end == 0 ? last : (int)(pages.FolioStart(end) + pages.FolioPages(end)) - 1);
        }

        void Check(int step)
        {
            rig.Machine.PageTables.Validate();
            for (int file = 0; file < Files; file++)
            {
                foreach (int page in dirty[file])
                    rig.Machine.FilePages.IsCached(inodes[file], (ulong)page).ShouldBeTrue($"step {step}: page {page} of file {file}");
            }
        }
    }
}
