using Pagewise.Abi;
using Pagewise.Kernel.PageCache;

namespace Pagewise.Kernel.Tests.PageCache;

public sealed class ReadaheadRandomTests
{
    private const int FilePages = 4096;

    /// <summary>Reads, jumps and advice at random: every window, and at the end every cached page, as the recordings' rules have them.</summary>
    [Theory]
    [InlineData(128, 1)]
    [InlineData(128, 2)]
    [InlineData(0, 3)]
    [InlineData(16, 4)]
    [InlineData(512, 5)]
    public void EveryWindowIsThatOfTheRecordedRules(int readAheadKb, int seed)
    {
        Random random = new(seed);
        for (int file = 0; file < 20; file++)
        {
            using FileRig rig = new(readAheadKb: readAheadKb);
            int inode = rig.NewFile((ulong)FilePages << 12), fd = rig.Open(inode);
            NaiveReadahead naive = new(readAheadKb / 4, 320, FilePages);
            long at = random.Next(FilePages) << 12;
            for (int call = 0; call < 150; call++)
            {
                string what = Step(rig, fd, naive, random, ref at);
                rig.TakeWindows().ShouldBe(string.Join(' ', naive.Windows), $"file {file}, call {call}: {what}");
                naive.Windows.Clear();
                rig.Machine.BlockDevices.Drain();
            }

            for (ulong page = 0; page < FilePages; page++)
                rig.Machine.FilePages.IsCached(inode, page).ShouldBe(naive.Cached.Contains((long)page), $"file {file}, page {page}");
        }
    }

    private static string Step(FileRig rig, int fd, NaiveReadahead naive, Random random, ref long at)
    {
        long offset = random.Next(3) == 0 ? at : (random.NextInt64(FilePages) << 12) + (random.Next(3) == 0 ? random.Next(4096) : 0);
        long length = random.Next(3) switch { 0 => 4096, 1 => 65536, _ => random.Next(1, 3_000_000) };
        switch (random.Next(20))
        {
            case 0 or 1:
                var advice = (Fadvice)random.Next((int)Fadvice.NoReuse + 1);
                if (random.Next(2) == 0)
                    (offset, length) = (0, 0);
                rig.Calls.Fadvise(rig.Task, fd, offset, length, (int)advice).ShouldBe(SysResult.Ok);
                naive.Advise(advice, offset, length);
                return $"fadvise {advice} {offset} {length}";
            case 2:
                rig.Calls.Readahead(rig.Task, fd, offset, (ulong)length).ShouldBe(SysResult.Ok);
                naive.WillRead(offset, length);
                return $"readahead {offset} {length}";
        }

        at = random.Next(10) switch { 0 => offset, 1 => Math.Max(0, at - random.Next(300_000)), _ => at };
        length = random.Next(5) switch { 0 or 1 => 4096, 2 => 16384, 3 => 65536, _ => random.Next(1, 400_000) };
        naive.Read(at, length);
        string what = $"pread {at} {length}";
        at += rig.Calls.Pread(rig.Task, fd, (ulong)length, at).Raw;
        return what;
    }
}
