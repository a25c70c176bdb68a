using Pagewise.Abi;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Tests.PageAllocator;

namespace Pagewise.Kernel.Tests.AddressSpaces;

public sealed class AnonVmasTests : IDisposable
{
    private readonly Guest _guest = Guest.Plain(64, new KernelVersion(6, 18));
    private readonly AddressSpaceArenas _spaces;
    private readonly AnonVmas _anonVmas;
    private readonly VmaTree _tree;

    public AnonVmasTests()
    {
        _spaces = new AddressSpaceArenas(_guest.Caches);
        _anonVmas = new AnonVmas(_spaces);
        _tree = new VmaTree(_spaces);
    }

    public void Dispose()
    {
        _spaces.Dispose();
        _guest.Dispose();
    }

    [Fact]
    public void NeighboursThatDifferInAccessOnlyShareAnAnonVma()
    {
        int mm = _spaces.MmSlab.Allocate();
        int low = NewArea(mm, 0x1000, 0x2000, VmFlags.Read | VmFlags.Write);
        int high = NewArea(mm, 0x2000, 0x3000, VmFlags.Read);
        int other = NewArea(mm, 0x3000, 0x4000, VmFlags.Read | VmFlags.DontCopy);

        _anonVmas.Prepare(low).ShouldBeTrue();
        _anonVmas.Prepare(high).ShouldBeTrue();
        _anonVmas.Prepare(other).ShouldBeTrue();

        _spaces.Vmas[high].AnonVma.ShouldBe(_spaces.Vmas[low].AnonVma);
        _spaces.Vmas[other].AnonVma.ShouldNotBe(_spaces.Vmas[low].AnonVma);
        _spaces.AnonVmas[_spaces.Vmas[low].AnonVma].NumActiveVmas.ShouldBe(2);
    }

    [Fact]
    public void AForkedAreaHasItsParentsAnonVmaAndOneOfItsOwn()
    {
        int mm = _spaces.MmSlab.Allocate();
        int parent = NewArea(mm, 0x1000, 0x2000, VmFlags.Write);
        _anonVmas.Prepare(parent);
        int child = Copy(parent);

        _anonVmas.Fork(child, parent).ShouldBeTrue();

        int own = _spaces.Vmas[child].AnonVma;
        own.ShouldNotBe(_spaces.Vmas[parent].AnonVma);
        _spaces.AnonVmas[own].Root.ShouldBe(_spaces.Vmas[parent].AnonVma);
        _anonVmas.IsSingular(parent).ShouldBeTrue();
        _anonVmas.IsSingular(child).ShouldBeFalse();
    }

    [Fact]
    public void AnAnonVmaWithoutAreasIsTakenOverByTheNextFork()
    {
        int mm = _spaces.MmSlab.Allocate();
        int parent = NewArea(mm, 0x1000, 0x2000, VmFlags.Write);
        _anonVmas.Prepare(parent);
        int child = Copy(parent);
        _anonVmas.Fork(child, parent);
        int childAnonVma = _spaces.Vmas[child].AnonVma;
        int grandchild = Copy(child);
        _anonVmas.Fork(grandchild, child);
        _anonVmas.Unlink(child);

        // The middle generation's anon_vma has no area of its own left and one child: the next fork uses it again.
        int next = Copy(grandchild);
        _anonVmas.Fork(next, grandchild).ShouldBeTrue();

        _spaces.Vmas[next].AnonVma.ShouldBe(childAnonVma);
    }

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    public void NothingIsLeftWhenAllAreasOfARandomFamilyAreGone(int seed)
    {
        Random random = new(seed);
        int mm = _spaces.MmSlab.Allocate();
        List<int> alive = [];
        for (int step = 0; step < 2000; step++)
        {
            int kind = alive.Count == 0 ? 0 : random.Next(5);
            int some = alive.Count == 0 ? 0 : alive[random.Next(alive.Count)];
            switch (kind)
            {
                case 0:
                    alive.Add(NewUnlinked(mm));
                    break;
                case 1:
                    _anonVmas.Prepare(some).ShouldBeTrue();
                    break;
                case 2:
                    int child = Copy(some);
                    _anonVmas.Fork(child, some).ShouldBeTrue();
                    alive.Add(child);
                    break;
                case 3:
                    int split = Copy(some);
                    _spaces.Vmas[split].AnonVma = _spaces.Vmas[some].AnonVma;
                    _anonVmas.Clone(split, some).ShouldBeTrue();
                    alive.Add(split);
                    break;
                default:
                    _anonVmas.Unlink(some);
                    _spaces.VmaSlab.Free(some);
                    alive.Remove(some);
                    break;
            }
        }

        foreach (int vma in alive)
        {
            _anonVmas.Unlink(vma);
            _spaces.VmaSlab.Free(vma);
        }

        _spaces.AnonVmas.Count.ShouldBe(0);
        _spaces.AnonVmaChains.Count.ShouldBe(0);
    }

    private int NewUnlinked(int mm)
    {
        int vma = _spaces.VmaSlab.Allocate();
        _spaces.Vmas[vma].Mm = mm;
        return vma;
    }

    private int NewArea(int mm, ulong start, ulong end, VmFlags flags)
    {
        int vma = NewUnlinked(mm);
        ref VmArea area = ref _spaces.Vmas[vma];
        area.Start = start;
        area.End = end;
        area.Flags = flags;
        area.PgOff = start >> 12;
        _tree.Link(mm, vma);
        return vma;
    }

    private int Copy(int vma)
    {
        int copy = _spaces.VmaSlab.Allocate();
        _spaces.Vmas[copy] = _spaces.Vmas[vma];
        _spaces.Vmas[copy].AnonVma = 0;
        _spaces.Vmas[copy].AnonVmaChain = 0;
        return copy;
    }
}
