import torch, time
torch.set_default_dtype(torch.float64); dev='cuda'
def go(B,n,steps=20):
    W=[torch.randn(B,n,n,device=dev)/n**.5 for _ in range(3)]; Y=torch.randn(n,n,device=dev); M=(torch.rand(n,n,device=dev)<.2).double()
    def step():
        P=W[1]@W[0]; R=(W[2]@P-Y)*M*0.05
        d3=R@P.mT; T=W[2].mT@R; d2=T@W[0].mT; d1=W[1].mT@T
        W[2].sub_(d3,alpha=.5); W[1].sub_(d2,alpha=.5); W[0].sub_(d1,alpha=.5)
    s=torch.cuda.Stream()
    with torch.cuda.stream(s):
        for _ in range(3): step()
    torch.cuda.synchronize(); g=torch.cuda.CUDAGraph()
    with torch.cuda.graph(g): step()
    for _ in range(3): g.replay()
    a,b=torch.cuda.Event(True),torch.cuda.Event(True); ts=[]
    for _ in range(5):
        a.record(); [g.replay() for _ in range(steps)]; b.record(); torch.cuda.synchronize(); ts.append(a.elapsed_time(b))
    print(f'torch {torch.__version__} graph: {B} of {n}: {min(ts)*1e3/steps/B:.4f} us a network and step')
go(4096,100); go(8192,50); go(1,100,100); go(1,1000,20); go(1,4000,5)
